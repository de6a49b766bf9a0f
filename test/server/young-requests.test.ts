/**
 * A finished request must be garbage that the next scavenge collects. V8 allocates some closures in the old generation
 * (docs/decisions/0005-node-objects.md); one of those in a request keeps all of it until the next full collection.
 */
import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { fromFetch, fromNode } from "../../src/adapters/index.ts";
import type { Application } from "../../src/bridge/index.ts";
import { applicationCores } from "../../src/server/application-cores.ts";
import { createBlockPool } from "../../src/bridge/index.ts";
import { ConnectionSet } from "../../src/server/connection-set.ts";
import { serverLimits } from "../../src/server/limits.ts";
import { RunningExchanges } from "../../src/server/running-exchanges.ts";
import type { Transport, TransportOwner } from "../../src/server/transport.ts";
import { defaultSettings } from "../bridge/hosted.ts";
import { request } from "../support/fastcgi-wire.ts";
import { filesBelow, readProjectFile } from "../support/source-tree.ts";

const body = Buffer.from("hello");

const applications: Readonly<Record<string, Application>> = {
  "an application": (_environ, startResponse) => {
    startResponse("200 OK", [["Content-Type", "text/plain"]]);
    return [body];
  },
  "a Node listener": fromNode((_request, response) => {
    response.writeHead(200, { "Content-Type": "text/plain", "Content-Length": body.length });
    response.end(body);
  }),
  "a fetch handler": fromFetch(() => new Response("hello")),
};

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as (options: { type: "minor" | "major" }) => void;

/** A connection in memory: sockets would leave garbage of their own, of their own age. */
class MemoryTransport implements Transport {
  readonly reusesBuffer = true;
  readonly queuedOctets = 0;
  readonly peerAddress = undefined;
  readonly destroyed = false;
  readonly isPaused = false;
  owner: TransportOwner | undefined;
  writes = 0;
  attach(owner: TransportOwner): void {
    this.owner = owner;
  }
  write(): boolean {
    this.writes += 1;
    return true;
  }
  pause(): void {}
  resume(): void {}
  end(): void {}
  destroy(): void {}
  destroySoon(): void {}
  reset(): void {}
}

function connect(application: Application): MemoryTransport {
  const pool = createBlockPool(16);
  const set = new ConnectionSet({
    application,
    limits: serverLimits,
    pool,
    running: new RunningExchanges(),
    now: 0,
    draining: false,
    lastCall: false,
    statistics: undefined,
    settings: defaultSettings,
  });
  const transport = new MemoryTransport();
  const core = applicationCores.fastcgi({ pool, limits: serverLimits, roles: undefined });
  set.accept(transport, core, { protocol: "fastcgi", address: "unix:/memory", unix: true });
  return transport;
}

const octets = request({
  params: [
    ["REQUEST_METHOD", "GET"],
    ["SCRIPT_NAME", ""],
    ["PATH_INFO", "/x"],
    ["REQUEST_URI", "/x"],
    ["QUERY_STRING", ""],
    ["SERVER_NAME", "localhost"],
    ["SERVER_PORT", "80"],
    ["SERVER_PROTOCOL", "HTTP/1.1"],
    ["HTTP_HOST", "localhost"],
  ],
});

/** Each batch is as good as two scavenges in the life of a server: what they leave is in the old generation. */
async function serve(transport: MemoryTransport, batches: number): Promise<void> {
  for (let batch = 0; batch < batches; batch++) {
    for (let n = 0; n < 100; n++) transport.owner?.receive(octets);
    await new Promise(setImmediate);
    collect({ type: "minor" });
    collect({ type: "minor" });
  }
}

function oldOctets(): number {
  return getHeapSpaceStatistics().find(({ space_name: name }) => name === "old_space")!.space_used_size;
}

describe.each(Object.entries(applications))("the requests of %s", (_name, application) => {
  it("leave nothing in the old generation", async () => {
    const transport = connect(application);
    await serve(transport, 20);
    collect({ type: "major" });
    const before = oldOctets();
    await serve(transport, 20);
    const left = (oldOctets() - before) / 2_000;
    expect(transport.writes).toBe(4_000);
    // What the engine learns of the code is in there as well. A closure that kept its request made it 800 to 2,000.
    expect(Math.abs(left)).toBeLessThan(300);
  });
});

/** `a.b = () => ...`, also of a private name and with `??=`: a parser that sees it has V8 allocate the closure old. */
const oldClosure = /^[^*/]*[\w\])]\.#?\w+ (?:\?\?|\|\|)?= (?:async )?(?:\([^()]*\)|\w+)(?:: [\w<>]+)? =>/m;

describe("closures", () => {
  it.each(["bridge", "adapters", "server", "protocols"])("src/%s assigns none to a property", (folder) => {
    const files = filesBelow(`src/${folder}`, ".ts");
    expect(files.length).toBeGreaterThan(5);
    expect(files.filter((path) => oldClosure.test(readProjectFile(path)))).toEqual([]);
  });

  it("are found where they are assigned", () => {
    for (const text of [
      "a.b.c = () => 1;",
      "this.#x ??= (y) => y;",
      "  this.z = async (): Promise<void> => {}",
    ]) {
      expect(text).toMatch(oldClosure);
    }
    expect("const a = () => 1;\nthis.b = a; // c.d = () => 1").not.toMatch(oldClosure);
  });
});
