/** Middleware that is not asked for anything is not there: the conformance suite passes through all of it. */
import { afterAll, beforeAll, describe, it } from "vitest";
import type { Application, Middleware } from "../../src/bridge/index.ts";
import { createFrontEnd, type FrontEnd } from "../../src/client/index.ts";
import { accessLog, errorPage, methodOverride, proxyFix, session } from "../../src/middleware/index.ts";
import { serve, type GatewayServer } from "../../src/server/index.ts";
import { conformanceApplication, conformanceCases, runConformanceCase } from "../../src/testing/index.ts";

// Not the front end's own address: the cases that send X-Forwarded-For mean to be disbelieved.
const proxy = proxyFix({ trusted: ["192.0.2.1"] });

const all: readonly Middleware[] = [
  accessLog(),
  errorPage({ debug: false }),
  proxy,
  session(),
  methodOverride({ form: "_method" }),
];

describe.each<[string, readonly Middleware[], string]>([
  ["accessLog", [accessLog()], ""],
  ["errorPage", [errorPage({ debug: false })], ""],
  ["session", [session()], ""],
  ["all at once, at a sub-path", all, "/app"],
])("conformance through %s", (_name, stack, mount) => {
  let gateway: GatewayServer | undefined;
  let frontEnd: FrontEnd | undefined;
  let origin = "";

  beforeAll(async () => {
    const application = stack.reduceRight<Application>(
      (inner, outer) => outer(inner),
      conformanceApplication,
    );
    gateway = await serve(application, { fastcgi: "127.0.0.1:0", log: () => {}, writeErrors: () => {} });
    const address = gateway.addresses[0]!.address;
    frontEnd = createFrontEnd({ gateway: { protocol: "fastcgi", address }, scriptName: mount });
    const bound = await frontEnd.listen({ kind: "tcp", host: "127.0.0.1", port: 0 });
    origin = `http://127.0.0.1:${bound.kind === "tcp" ? bound.port : 0}`;
  });

  afterAll(async () => {
    await frontEnd?.close({ graceMs: 0 });
    await gateway?.close({ graceMs: 0 });
  });

  it.each(conformanceCases.map((one) => [one.name, one] as const))("%s", (_case, one) =>
    runConformanceCase(one, { origin, mount }),
  );
});
