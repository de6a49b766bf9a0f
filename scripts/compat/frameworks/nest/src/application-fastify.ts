import "reflect-metadata";
import { NestFactory } from "@nestjs/core";
import { FastifyAdapter, type NestFastifyApplication } from "@nestjs/platform-fastify";
import { resolve } from "node:path";
import { AppModule } from "./app.module.js";

const app = await NestFactory.create<NestFastifyApplication>(AppModule, new FastifyAdapter(), {
  logger: ["error", "warn"],
});
app.useStaticAssets({ root: resolve("public") });
await app.init();
// Fastify has its routes only then.
await app.getHttpAdapter().getInstance().ready();

export default app.getHttpServer();
