/**
 * A client and a scripted application that know of each other and are closed after each test.
 * @module
 */
import { afterEach, expect } from "vitest";
import { GatewayClient, type GatewayClientOptions, type GatewayResponse } from "../../src/client/index.ts";
import { ScriptedApplication, type Script } from "./scripted-application.ts";

/** Params of a request that says nothing in particular. */
export const params: readonly (readonly [string, string])[] = [["REQUEST_METHOD", "GET"]];

export const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one[Symbol.asyncDispose]();
});

export async function start(
  script: Script,
  options: Partial<GatewayClientOptions> & Parameters<typeof ScriptedApplication.start>[1] = {},
): Promise<{ application: ScriptedApplication; client: GatewayClient }> {
  const { tcp, roles, ...limits } = options;
  const application = await ScriptedApplication.start(script, {
    ...(tcp && { tcp }),
    ...(roles && { roles }),
  });
  const client = new GatewayClient({ protocol: "fastcgi", address: application.address, ...limits });
  open.push(application, { [Symbol.asyncDispose]: () => client.destroy() });
  return { application, client };
}

export async function textOf(response: GatewayResponse): Promise<string> {
  let text = "";
  for await (const chunk of response.body) text += Buffer.from(chunk).toString("latin1");
  return text;
}

/** Matches an error by its code and message. */
export const coded = (code: string, message = /./): unknown =>
  expect.objectContaining({ code, message: expect.stringMatching(message) });

/** A promise and what resolves it. */
export function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  const resolvers: Array<() => void> = [];
  const promise = new Promise<void>((resolve) => resolvers.push(resolve));
  return { promise, resolve: () => resolvers[0]?.() };
}
