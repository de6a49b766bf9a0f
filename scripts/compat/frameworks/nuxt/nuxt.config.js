export default {
  compatibilityDate: "2025-07-15",
  telemetry: false,
  // The preset of itself listens; this one exports a listener. serveStatic: with the files of the build, too.
  nitro: { preset: "node-listener", serveStatic: true },
};
