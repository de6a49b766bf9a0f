import { defineConfig } from "vitest/config";

// Real servers and real processes: generous, since a shared two-core machine is slow, not because a test waits.
const patience = { testTimeout: 30_000, hookTimeout: 60_000 };

export default defineConfig({
  test: {
    projects: [
      { test: { name: "all", include: ["test/**/*.test.ts"], ...patience } },
      {
        // The same server without the private API of Node.js that it prefers (docs/decisions/0006-raw-handles.md).
        test: {
          name: "sockets",
          include: ["test/server/*.test.ts", "test/interop/nginx-*.test.ts"],
          env: { TSGI_RAW_HANDLES: "0" },
          ...patience,
        },
      },
    ],
  },
});
