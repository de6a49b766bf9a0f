/** The conformance suite over `fromFetch(toFetch(application))`: what an application says survives both adapters. */
import { describe } from "vitest";
import { fromFetch, toFetch } from "../../../src/adapters/index.ts";
import type { FetchEnv } from "../../../src/adapters/index.ts";
import { itConforms } from "../../support/embedded-site.ts";

describe.each([
  ["root", ""],
  ["sub-path", "/app"],
])("through both adapters, at the %s", (_place, mount) => {
  itConforms(
    (application) => {
      const handler = toFetch(application, {
        scriptName: mount,
        remoteAddress: (_request, { environ }: FetchEnv) => ({
          address: environ.REMOTE_ADDR ?? "",
          port: Number(environ.REMOTE_PORT),
        }),
        log: () => {},
        writeErrors: () => {},
      });
      return fromFetch(handler);
    },
    { mount },
  );
});
