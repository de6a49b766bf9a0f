import node from "@astrojs/node";

export default {
  output: "server",
  // Not "middleware": only so does the handler serve the files of the build too.
  adapter: node({ mode: "standalone" }),
  // Without a list Astro answers for "localhost", whatever the client asked for.
  security: { allowedDomains: [{ hostname: "127.0.0.1" }] },
  vite: { build: { assetsInlineLimit: 0 } },
};
