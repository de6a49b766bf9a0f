/**
 * Server-sent events: a clock, one event a second until the reader goes.
 * tsgi serve examples/sse.ts --fastcgi unix:/tmp/sse.sock
 * @module
 */
import { setInterval as every } from "node:timers/promises";
import type { Application } from "tsgi";

const page = `<!doctype html><title>clock</title><h1 id="time">...</h1><script>
new EventSource("events").onmessage = (event) => { time.textContent = event.data; };
</script>
`;

export const application: Application = (environ, startResponse) => {
  if (environ.PATH_INFO !== "/events") {
    startResponse("200 OK", [["Content-Type", "text/html; charset=utf-8"]]);
    return [Buffer.from(page)];
  }
  startResponse("200 OK", [
    ["Content-Type", "text/event-stream"],
    ["Cache-Control", "no-store"],
    // nginx would otherwise collect the events and send them at the end.
    ["X-Accel-Buffering", "no"],
  ]);
  return ticks(environ["tsgi.signal"]);
};

/** Each chunk leaves before the next is asked for. */
async function* ticks(signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const event = (): Uint8Array => Buffer.from(`data: ${new Date().toISOString()}\n\n`);
  try {
    yield event();
    for await (const _ of every(1000, undefined, { signal })) yield event();
  } catch (error) {
    // The signal fires when the reader has gone: no timer outlives its client.
    if (!signal.aborted) throw error;
  }
}
