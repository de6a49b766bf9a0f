/**
 * What an upload leaves behind is collected by scavenges: V8 would else mark all of its heap for each 20 MiB of one
 * (docs/decisions/0012-young-collection.md).
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { GatewayClient } from "../../src/client/index.ts";
import { parseAddress } from "../../src/protocols/address.ts";
import { startReady } from "../process/serving-process.ts";
import { temporaryDirectory } from "../support/serving.ts";

/** Has a heap of some MB, which has been marked once: that is when V8 sets itself a limit. */
const application = `import { constants, PerformanceObserver } from "node:perf_hooks";
import { runInNewContext } from "node:vm";
import { setFlagsFromString } from "node:v8";

globalThis.ballast = Array.from({ length: 30_000 }, (_, index) => ({ index }));
setFlagsFromString("--expose-gc");
runInNewContext("gc")();
setFlagsFromString("--no-expose-gc");

let full = 0;
new PerformanceObserver((list) => {
  for (const { detail } of list.getEntries()) if (detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR) full += 1;
}).observe({ entryTypes: ["gc"] });

export const application = async (environ, startResponse) => {
  let octets = 0;
  for await (const chunk of environ["wsgi.input"].chunks()) octets += chunk.length;
  // The observer is told a turn later.
  await new Promise((resolve) => setTimeout(resolve, 50));
  startResponse("200 OK", [["Content-Type", "application/json"]]);
  return [Buffer.from(JSON.stringify({ octets, full, gc: runInNewContext("typeof gc") }))];
};
`;

const mebibytes = 512;

async function* upload(): AsyncIterable<Uint8Array> {
  const chunk = Buffer.alloc(1_048_576, "x");
  for (let count = 0; count < mebibytes; count++) yield chunk;
}

describe("an upload", () => {
  it("is read without V8 marking its heap over and over, and leaves no gc() behind", async () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, "app.mjs"), application);
    const address = `unix:${join(directory, "s")}`;
    await startReady([join(directory, "app.mjs"), "--fastcgi", address]);
    const client = new GatewayClient({ protocol: "fastcgi", address: parseAddress(address) });
    const octets = mebibytes * 1_048_576;
    const params = Object.entries({
      REQUEST_METHOD: "POST",
      REQUEST_URI: "/",
      SCRIPT_NAME: "",
      SERVER_NAME: "h",
      SERVER_PORT: "80",
      SERVER_PROTOCOL: "HTTP/1.1",
      CONTENT_LENGTH: String(octets),
    });
    const answer = await client.request({ params, body: upload() });
    const chunks: Uint8Array[] = [];
    for await (const chunk of answer.body) chunks.push(chunk);
    await client.close();
    const figures = JSON.parse(Buffer.concat(chunks).toString()) as {
      octets: number;
      full: number;
      gc: string;
    };
    expect(figures).toMatchObject({ octets, gc: "undefined" });
    // Without what this is about: one for each 50 to 100 MiB of so small a heap.
    expect(figures.full).toBeLessThanOrEqual(1);
  });
});
