/**
 * A thread of a worker that waits for the master to ask what the main thread is at. It then pauses the main thread by
 * the inspector, which works however blocked its event loop is, and reads the stack. The main thread never goes on:
 * a worker that has been asked is killed.
 * @module
 */
import { Session } from "node:inspector";
import { Socket } from "node:net";
import { LineChannel } from "./line-channel.ts";
import { workerDescriptor } from "./messages.ts";
import { openRequestsKey } from "./watchdog.ts";

interface CallFrame {
  readonly callFrameId: string;
  readonly functionName: string;
  readonly url: string;
  readonly location: {
    readonly scriptId: string;
    readonly lineNumber: number;
    readonly columnNumber?: number;
  };
}

const maxFrames = 40;

/**
 * Run in the paused frame. An Error made there has the stack with the lines of the TypeScript source, which the
 * inspector does not know; its first lines are those of this expression.
 */
const askMainThread = `(() => {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = ${maxFrames + 2};
  const stack = String(new Error().stack);
  Error.stackTraceLimit = limit;
  const lines = stack.split("\\n").slice(1).map((line) => line.trim());
  const own = lines.findLastIndex((line) => line.includes("at eval (") || line.startsWith("at <anonymous>"));
  const open = globalThis[Symbol.for(${JSON.stringify(openRequestsKey)})]?.();
  return [...lines.slice(own + 1), ...(open ? ["open requests: " + open] : [])].join("\\n");
})()`;

const socket = new Socket({ fd: workerDescriptor.watchdog });
let asked = false;
const channel = new LineChannel(socket, {
  line: () => {
    if (!asked) takeStack();
    asked = true;
  },
  end: () => {},
});

function takeStack(): void {
  const session = new Session();
  // Only an inspector.Session of Node.js 20 and newer has it, and only in a thread.
  (session as Session & { connectToMainThread(): void }).connectToMainThread();
  const urls = new Map<string, string>();
  session.on("Debugger.scriptParsed", ({ params }) => urls.set(params.scriptId, params.url));
  session.on("Debugger.paused", ({ params }) => {
    const frames = params.callFrames as readonly CallFrame[];
    const lines = frames.slice(0, maxFrames).map((frame) => describeFrame(frame, urls));
    const callFrameId = frames[0]?.callFrameId ?? "";
    session.post(
      "Debugger.evaluateOnCallFrame",
      { callFrameId, expression: askMainThread, returnByValue: true },
      (_error, answer?: { readonly result: { readonly value?: unknown } }) => {
        const said = answer?.result.value;
        channel.send({ type: "stack", text: typeof said === "string" ? said : lines.join("\n") });
      },
    );
  });
  session.post("Debugger.enable", () => session.post("Debugger.pause"));
}

function describeFrame(
  { functionName, url, location }: CallFrame,
  urls: ReadonlyMap<string, string>,
): string {
  const file = url === "" ? (urls.get(location.scriptId) ?? "") : url;
  const place = `${file}:${location.lineNumber + 1}:${(location.columnNumber ?? 0) + 1}`;
  return functionName === "" ? `at ${place}` : `at ${functionName} (${place})`;
}
