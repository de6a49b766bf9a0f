/** Applications and listeners behind HTTP, for the tests of this folder: through real FastCGI, or Node's own server. */
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import type { Application } from "../../../src/bridge/index.ts";
import { createFrontEnd } from "../../../src/client/index.ts";
import type { ServeOptions } from "../../../src/server/index.ts";
import { startServing, type Serving } from "../../support/serving.ts";

/** Something that answers HTTP on a port of its own. */
export interface Site {
  readonly port: number;
  readonly origin: string;
  fetch(path: string, init?: RequestInit): Promise<Response>;
}

/** A site behind the embedded front end. */
export interface GatewaySite extends Site {
  readonly serving: Serving;
}

export interface SiteOptions {
  /** Variables that stand over those of each request. */
  readonly params?: Readonly<Record<string, string>>;
  /** Where the application is mounted. */
  readonly scriptName?: string;
  readonly serve?: Partial<ServeOptions>;
}

/** Hosts an application over FastCGI, behind the embedded front end. */
export async function startNodeSite(
  application: Application,
  { params = {}, scriptName = "", serve = {} }: SiteOptions = {},
): Promise<GatewaySite> {
  const serving = await startServing(application, serve);
  const { address } = serving;
  const frontEnd = createFrontEnd({ gateway: { protocol: "fastcgi", address }, params, scriptName });
  const bound = await frontEnd.listen({ kind: "tcp", host: "127.0.0.1", port: 0 });
  onTestFinished(() => frontEnd.close({ graceMs: 0 }));
  if (bound.kind !== "tcp") throw new Error("the front end has no port");
  return { ...siteAt(bound.port), serving };
}

/** The same listener under Node's own server. */
export async function startPlainSite(listener: RequestListener): Promise<Site> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return siteAt((server.address() as AddressInfo).port);
}

function siteAt(port: number): Site {
  const origin = `http://127.0.0.1:${port}`;
  return { port, origin, fetch: (path, init) => fetch(origin + path, init) };
}
