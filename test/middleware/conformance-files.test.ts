/** staticFiles, compress and conditionalGet are not there where they have nothing to do: the conformance suite passes. */
import { afterAll, beforeAll, describe, it } from "vitest";
import type { Middleware } from "../../src/bridge/index.ts";
import { createFrontEnd, type FrontEnd } from "../../src/client/index.ts";
import { compress, conditionalGet, staticFiles } from "../../src/middleware/index.ts";
import { serve, type GatewayServer } from "../../src/server/index.ts";
import { conformanceApplication, conformanceCases, runConformanceCase } from "../../src/testing/index.ts";

const files = staticFiles({ root: "docs" });

/** Has a Vary header of its own, which compress adds to. */
const varying = "answer-caching";

const all: Middleware = (application) => compress()(conditionalGet()(files(application)));

describe.each<[string, Middleware, string]>([
  ["compress", compress({ threshold: 0 }), ""],
  ["conditionalGet", conditionalGet(), ""],
  ["staticFiles", files, ""],
  ["all of them, at a sub-path", all, "/app"],
])("conformance through %s", (_name, middleware, mount) => {
  let gateway: GatewayServer | undefined;
  let frontEnd: FrontEnd | undefined;
  let origin = "";

  beforeAll(async () => {
    gateway = await serve(middleware(conformanceApplication), {
      fastcgi: "127.0.0.1:0",
      log: () => {},
      writeErrors: () => {},
    });
    const address = gateway.addresses[0]?.address;
    if (address === undefined) throw new Error("the gateway listens nowhere");
    frontEnd = createFrontEnd({ gateway: { protocol: "fastcgi", address }, scriptName: mount });
    const bound = await frontEnd.listen({ kind: "tcp", host: "127.0.0.1", port: 0 });
    origin = `http://127.0.0.1:${bound.kind === "tcp" ? bound.port : 0}`;
  });

  afterAll(async () => {
    await frontEnd?.close({ graceMs: 0 });
    await gateway?.close({ graceMs: 0 });
  });

  const cases = conformanceCases.filter(({ name }) => name !== varying);
  it.each(cases.map((one) => [one.name, one] as const))("%s", (_case, one) =>
    runConformanceCase(one, { origin, mount }),
  );
});
