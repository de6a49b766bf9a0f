import { headers } from "next/headers";

export default async function Item({ params, searchParams }) {
  const { id } = await params;
  const { q = "" } = await searchParams;
  const host = (await headers()).get("host");
  return <p>{`item ${id}, q ${q}, host ${host}`}</p>;
}
