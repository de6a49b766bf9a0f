/** The conformance suite over `fromFetch(toFetch(application))`: what an application says survives both adapters. */
import { afterAll, beforeAll, describe, it } from "vitest";
import { fromFetch, toFetch } from "../../../src/adapters/index.ts";
import type { FetchEnv } from "../../../src/adapters/index.ts";
import { createFrontEnd, type FrontEnd } from "../../../src/client/index.ts";
import { serve, type GatewayServer } from "../../../src/server/index.ts";
import { conformanceApplication, conformanceCases, runConformanceCase } from "../../../src/testing/index.ts";

describe.each([
  ["root", ""],
  ["sub-path", "/app"],
])("through both adapters, at the %s", (_place, mount) => {
  let gateway: GatewayServer;
  let frontEnd: FrontEnd;
  let origin = "";

  beforeAll(async () => {
    const handler = toFetch(conformanceApplication, {
      scriptName: mount,
      remoteAddress: (_request, { environ }: FetchEnv) => ({
        address: environ.REMOTE_ADDR ?? "",
        port: Number(environ.REMOTE_PORT),
      }),
      log: () => {},
      writeErrors: () => {},
    });
    gateway = await serve(fromFetch(handler), {
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
    await frontEnd.close({ graceMs: 0 });
    await gateway.close({ graceMs: 0 });
  });

  for (const one of conformanceCases) {
    it(`${one.name} ${one.holds}`, () => runConformanceCase(one, { origin, mount }));
  }
});
