/**
 * Requests that end after so many milliseconds as the query string says, and some that do not end by themselves: each
 * says on standard error when it begins.
 * @module
 */
import { writeSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import type { Application } from "../../../src/bridge/types.ts";

async function* pieces(untilMs: number): AsyncGenerator<Uint8Array> {
  while (performance.now() < untilMs) {
    yield Buffer.from("piece\n");
    await delay(20);
  }
  yield Buffer.from("end");
}

async function* flood(): AsyncGenerator<Uint8Array> {
  const block = Buffer.alloc(65_536, "flood ");
  for (;;) {
    yield block;
    await delay(0);
  }
}

export const application: Application = async (environ, startResponse) => {
  const path = environ.PATH_INFO ?? "";
  const forMs = Number(environ.QUERY_STRING);
  writeSync(2, `began ${path}\n`);
  const headers: Array<[string, string]> = [["Content-Type", "text/plain"]];
  switch (path) {
    case "/stream":
      startResponse("200 OK", headers);
      return pieces(performance.now() + forMs);
    case "/flood":
      startResponse("200 OK", headers);
      return flood();
    case "/wait":
      await delay(forMs);
      writeSync(2, `ended ${path}\n`);
      startResponse("200 OK", headers);
      return [Buffer.from("waited")];
    default: {
      const body = await environ["wsgi.input"].read();
      startResponse("200 OK", headers);
      return [Buffer.from(`read ${body.length}`)];
    }
  }
};
