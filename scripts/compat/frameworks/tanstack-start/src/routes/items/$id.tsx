import { createFileRoute } from "@tanstack/react-router";
import { createServerFn } from "@tanstack/react-start";
import { getRequestHost, getRequestIP } from "@tanstack/react-start/server";
const facts = createServerFn().handler(() => ({ client: getRequestIP(), host: getRequestHost() }));
export const Route = createFileRoute("/items/$id")({
  validateSearch: ({ q }: { q?: unknown }) => ({ q: String(q) }),
  loader: () => facts(),
  component: () => {
    const { id } = Route.useParams();
    const { q } = Route.useSearch();
    const { client, host } = Route.useLoaderData();
    return <p>{`item ${id}, q ${q}, host ${host}, client ${client}`}</p>;
  },
});
