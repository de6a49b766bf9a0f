/**
 * The application behind the tests of master and workers: each path is a way to behave, or to misbehave.
 * @module
 */
import { writeSync } from "node:fs";
import type { Application } from "../../../src/bridge/types.ts";

const held: Uint8Array[] = [];
const never = new Promise<never>(() => {});

export const application: Application = async (environ, startResponse) => {
  switch (environ.PATH_INFO) {
    case "/spin":
      spinForEver();
      break;
    case "/hang":
      await never;
      break;
    case "/exit":
      process.exit(7);
      break;
    case "/throw":
      setImmediate(() => {
        throw new Error("thrown outside of any request");
      });
      await never;
      break;
    case "/grow":
      held.push(new Uint8Array(Number(environ.QUERY_STRING)).fill(1));
      break;
    case "/slow":
      // Standard error is where the test sees that the request has begun.
      writeSync(2, `began in ${process.pid}\n`);
      await new Promise((resolve) => setTimeout(resolve, Number(environ.QUERY_STRING)));
      break;
    case "/lie":
      // Descriptor 3 is the channel to the master.
      writeSync(3, `${environ.QUERY_STRING}\n`);
      break;
    default:
  }
  let octets = 0;
  for await (const chunk of environ["wsgi.input"].chunks()) octets += chunk.length;
  startResponse("200 OK", [["Content-Type", "application/json"]]);
  const answer = { pid: process.pid, octets, multiprocess: environ["wsgi.multiprocess"] };
  return [Buffer.from(JSON.stringify(answer))];
};

function spinForEver(): void {
  for (let turn = 0; turn >= 0; turn = (turn + 1) % 1_000);
}
