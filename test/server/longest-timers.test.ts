/** Timeouts longer than a timer can wait for, up to Infinity: a request is not given up at once because of them. */
import { describe, expect, it, onTestFinished } from "vitest";
import type { Application } from "../../src/bridge/index.ts";
import { FrontEnd } from "../../src/client/index.ts";
import { formatAddress } from "../../src/protocols/address.ts";
import { serverLimits } from "../../src/server/index.ts";
import { gate, hello, startServing } from "../support/serving.ts";

/** What Node.js says of timers: one that it was given too long a time for fires after a millisecond. */
function watchTimers(): string[] {
  const said: string[] = [];
  const listen = ({ name, message }: Error): unknown => name.startsWith("Timeout") && said.push(message);
  process.on("warning", listen);
  onTestFinished(() => void process.off("warning", listen));
  return said;
}

const times = Object.keys(serverLimits).filter((name) => name.endsWith("Ms"));

describe.each([2 ** 31, 1e15, Infinity])("a time of %d ms", (ms) => {
  it.each(["fastcgi", "http"] as const)("gives nothing up over %s", async (protocol) => {
    const said = watchTimers();
    const begun = gate();
    const release = gate();
    const application: Application = async (environ, startResponse) => {
      begun.open();
      await release.opened;
      return hello(environ, startResponse);
    };
    const limits = Object.fromEntries(times.map((name) => [name, ms]));
    const served = await startServing(application, {
      ...limits,
      ...(protocol === "http" ? { fastcgi: [], http: "127.0.0.1:0" } : {}),
    });
    let frontEnd: FrontEnd | undefined;
    let origin = formatAddress(served.address);
    if (protocol === "fastcgi") {
      frontEnd = new FrontEnd({
        gateway: {
          protocol,
          address: served.address,
          connectTimeoutMs: ms,
          readTimeoutMs: ms,
          idleTimeoutMs: ms,
        },
      });
      origin = formatAddress(await frontEnd.listen({ kind: "tcp", host: "127.0.0.1", port: 0 }));
    }
    const answer = fetch(`http://${origin}/x`, { headers: { Connection: "close" } });
    await begun.opened;
    const closed = [served.server.close({ graceMs: ms }), frontEnd?.close({ graceMs: ms })];
    // As many turns of the event loop as a timer of a millisecond may take.
    for (const until = performance.now() + 5; performance.now() < until;) await new Promise(setImmediate);
    release.open();
    expect(await (await answer).text()).toBe("hello GET /x");
    await Promise.all(closed);
    expect(said).toEqual([]);
  });
});
