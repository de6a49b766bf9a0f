import { fromNode } from "tsgi";

process.env.ASTRO_NODE_AUTOSTART = "disabled";
const { handler } = await import("./dist/server/entry.mjs");

export const application = fromNode(handler);
