import { Hono } from "hono";

const app = new Hono();
app.get("/where/:id", (c) => c.text(`hono ${c.req.param("id")}`));
export default app;
