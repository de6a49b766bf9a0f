import "reflect-metadata";
import { NestFactory } from "@nestjs/core";
import type { NestExpressApplication } from "@nestjs/platform-express";
import { AppModule } from "./app.module.js";

const app = await NestFactory.create<NestExpressApplication>(AppModule, { logger: ["error", "warn"] });
app.useStaticAssets("public");
app.enableShutdownHooks();
// In place of listen(): the routes are there, and nobody listens.
await app.init();

export default app.getHttpServer();
