import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Real servers and real processes: generous, since a shared two-core machine is slow, not because a test waits.
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
