import { useLoaderData } from "react-router";

export function loader({ params, request, context }) {
  const { host, searchParams } = new URL(request.url);
  return { id: params.id, q: searchParams.get("q"), host, client: context.environ.REMOTE_ADDR };
}

export default function Item() {
  const { id, q, host, client } = useLoaderData();
  return <p>{`item ${id}, q ${q}, host ${host}, client ${client}`}</p>;
}
