import { createFileRoute } from "@tanstack/react-router";
export const Route = createFileRoute("/echo")({
  server: {
    handlers: {
      POST: async ({ request }) => {
        const { word } = await request.json();
        return Response.json({ echoed: word }, { status: 201 });
      },
    },
  },
});
