/** Writes to every place that there is; each path is a way to. */
import type { Application } from "../../../src/bridge/types.ts";

const held: Array<() => void> = [];
const nothing = new Int32Array(new SharedArrayBuffer(4));

export const application: Application = async (environ, startResponse) => {
  switch (environ.PATH_INFO) {
    case "/print":
      console.log("printed\tto output \u001B[31m");
      process.stderr.write("to errors, whole");
      process.stderr.write("\n");
      break;
    case "/long":
      process.stdout.write("x".repeat(20_000));
      break;
    case "/errors":
      environ["wsgi.errors"].write("first\nsecond \u0007\u009B\n");
      break;
    case "/crash":
      console.log("about to crash");
      setImmediate(() => {
        throw new Error("crash on purpose");
      });
      break;
    case "/spin":
      spin(Number(environ.QUERY_STRING));
      break;
    case "/hold":
      await new Promise<void>((resolve) => held.push(resolve));
      break;
    case "/release":
      for (const release of held.splice(0)) release();
      break;
    case "/throw":
      throw new Error("thrown on purpose");
    default:
  }
  startResponse("200 OK", [["Content-Type", "text/plain"]]);
  return [Buffer.from("hello")];
};

/** Blocks, and leaves the processor to who is to notice. */
function spin(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end) Atomics.wait(nothing, 0, 0, 1);
}
