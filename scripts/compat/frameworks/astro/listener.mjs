process.env.ASTRO_NODE_AUTOSTART = "disabled";
export const { handler: listener } = await import("./dist/server/entry.mjs");
