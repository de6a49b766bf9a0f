/**
 * A streamed answer: server-sent events, one every half second, each sent as soon as it is yielded.
 * @module
 */
import { setTimeout as delay } from "node:timers/promises";
import type { Application } from "tsgi";

const ticksInOneAnswer = 40;
const intervalMs = 500;

export const streamTicks: Application = (environ, startResponse) => {
  startResponse("200 OK", [
    ["Content-Type", "text/event-stream"],
    ["Cache-Control", "no-store"],
    // nginx would otherwise collect the events and send them at the end.
    ["X-Accel-Buffering", "no"],
  ]);
  return ticks(environ["tsgi.signal"]);
};

async function* ticks(signal: AbortSignal): AsyncGenerator<Uint8Array> {
  for (let count = 1; count <= ticksInOneAnswer; count += 1) {
    const tick = { count, of: ticksInOneAnswer, time: Date.now(), residentOctets: process.memoryUsage.rss() };
    yield Buffer.from(`event: tick\ndata: ${JSON.stringify(tick)}\n\n`);
    try {
      // The signal fires when the reader has gone: no timer outlives its client.
      await delay(intervalMs, undefined, { signal });
    } catch {
      return;
    }
  }
  yield Buffer.from("event: done\ndata: {}\n\n");
}
