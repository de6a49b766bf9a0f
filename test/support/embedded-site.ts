/**
 * An application over a gateway's real socket, behind the embedded front end: HTTP without a web server.
 * @module
 */
import { afterAll, beforeAll, it } from "vitest";
import type { Application } from "../../src/bridge/index.ts";
import { createFrontEnd, type ClientProtocol, type FrontEnd } from "../../src/client/index.ts";
import { serve, type GatewayServer, type ServeOptions } from "../../src/server/index.ts";
import { conformanceApplication, conformanceCases, runConformanceCase } from "../../src/testing/index.ts";

export interface EmbeddedSiteOptions {
  /** Where the application is mounted. */
  readonly mount?: string;
  /** http: the gateway's own development server, without a front end. */
  readonly protocol?: ClientProtocol | "http";
  /** Default 127.0.0.1. */
  readonly host?: "127.0.0.1" | "[::1]";
  readonly log?: NonNullable<ServeOptions["log"]>;
}

export class EmbeddedSite {
  /** Of the started site, without a closing slash. */
  origin = "";
  #gateway: GatewayServer | undefined;
  #frontEnd: FrontEnd | undefined;

  async start(application: Application, options: EmbeddedSiteOptions = {}): Promise<void> {
    const { mount = "", protocol = "fastcgi", host = "127.0.0.1", log = () => {} } = options;
    this.#gateway = await serve(application, { [protocol]: `${host}:0`, log, writeErrors: () => {} });
    let bound = this.#gateway.addresses[0]?.address;
    if (bound !== undefined && protocol !== "http") {
      this.#frontEnd = createFrontEnd({ gateway: { protocol, address: bound }, scriptName: mount });
      bound = await this.#frontEnd.listen({ kind: "tcp", host: "127.0.0.1", port: 0 });
    }
    if (bound?.kind !== "tcp") throw new Error("the site has no port");
    this.origin = `http://${host}:${bound.port}`;
  }

  async stop(): Promise<void> {
    await this.#frontEnd?.close({ graceMs: 0 });
    await this.#gateway?.close({ graceMs: 0 });
  }
}

/** Defines the tests of the conformance suite over what `wrap` makes of its application. `except`: names of cases. */
export function itConforms(
  wrap: (application: Application) => Application,
  { except = [], ...options }: EmbeddedSiteOptions & { readonly except?: readonly string[] } = {},
): void {
  const site = new EmbeddedSite();
  beforeAll(() => site.start(wrap(conformanceApplication), options));
  afterAll(() => site.stop());
  const cases = conformanceCases.filter(({ name }) => !except.includes(name));
  it.each(cases.map((one) => [one.name, one] as const))("%s", (_name, one) =>
    runConformanceCase(one, { origin: site.origin, mount: options.mount ?? "" }),
  );
}
