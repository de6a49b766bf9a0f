import Koa from "koa";

const app = new Koa();
app.use((context) => {
  context.body = `koa ${context.path.split("/").at(-1)}`;
});
export default app;
