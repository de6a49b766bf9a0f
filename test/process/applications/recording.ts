/**
 * An application that notes each request the moment it begins, in a file that all workers append to: what a test knows
 * of a request whose answer was lost. The query string is the request's name; TEST_RECORD_FILE is the file.
 * @module
 */
import { openSync, writeSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import type { Application } from "../../../src/bridge/types.ts";

const record = openSync(process.env["TEST_RECORD_FILE"] ?? "/dev/null", "a");

/** What `/stream` sends, in so many pieces. */
const piece = Buffer.alloc(4_096, "streamed ");
const pieces = 8;

async function* streamed(id: string): AsyncGenerator<Uint8Array> {
  for (let sent = 0; sent < pieces; sent++) {
    yield piece;
    await delay(2);
  }
  yield Buffer.from(id);
}

const never = new Promise<never>(() => {});

export const application: Application = async (environ, startResponse) => {
  const id = environ.QUERY_STRING ?? "";
  writeSync(record, `${process.pid} ${id}\n`);
  const headers: Array<[string, string]> = [["Content-Type", "application/octet-stream"]];
  switch (environ.PATH_INFO) {
    case "/stream":
      startResponse("200 OK", headers);
      return streamed(id);
    case "/echo":
      startResponse("200 OK", headers);
      return environ["wsgi.input"].chunks();
    case "/spin":
      for (let turn = 0; turn >= 0; turn = (turn + 1) % 1_000);
      break;
    case "/exit":
      process.exit(7);
      break;
    case "/throw":
      setTimeout(() => {
        throw new Error("thrown in a timer");
      }, 1);
      await never;
      break;
    case "/reject":
      void Promise.reject(new Error("rejected, and nobody looks"));
      await never;
      break;
    case "/leak":
      leaked.push(Buffer.alloc(8 * 2 ** 20, 1));
      break;
    default:
  }
  startResponse("200 OK", headers);
  return [Buffer.from(`hello ${id}`)];
};

const leaked: Uint8Array[] = [];
