import Fastify from "fastify";

export const application = Fastify();
application.get<{ Params: { id: string } }>("/where/:id", async ({ params }) => `fastify ${params.id}`);
