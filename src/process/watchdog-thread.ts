/**
 * A thread that finds out what the main thread is at: when the master asks, and when the main thread has stood still for
 * longer than a request may take. It pauses the main thread by the inspector, which works however blocked its event
 * loop is, and reads the stack. A worker whose master has asked never goes on: it is killed.
 * @module
 */
import { Session } from "node:inspector";
import { Socket } from "node:net";
import { workerData } from "node:worker_threads";
import { LineChannel } from "./line-channel.ts";
import { workerDescriptor } from "./messages.ts";
import { openRequestsKey, slowRequestsKey, type WatchdogDuties } from "./watchdog.ts";

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
const stackExpression = `(() => {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = ${maxFrames + 2};
  const stack = String(new Error().stack);
  Error.stackTraceLimit = limit;
  const lines = stack.split("\\n").slice(1).map((line) => line.trim());
  const own = lines.findLastIndex((line) => line.includes("at eval (") || line.startsWith("at <anonymous>"));
  return lines.slice(own + 1).join("\\n");
})()`;

const { master, slowMs, beats } = workerData as WatchdogDuties;
/** The inspector has one pause for all: the master's is the last. */
let asked = false;

if (master) {
  const socket = new Socket({ fd: workerDescriptor.watchdog });
  const channel = new LineChannel(socket, {
    line: () => {
      if (asked) return;
      asked = true;
      const ask = `String(globalThis[Symbol.for(${JSON.stringify(openRequestsKey)})]?.() ?? "")`;
      pause((stack, evaluate) => {
        evaluate(ask, (open) => {
          const named = typeof open === "string" && open !== "" ? `\nopen requests: ${open}` : "";
          channel.send({ type: "stack", text: stack + named });
        });
      });
    },
    end: () => {},
  });
}

if (slowMs !== Infinity) lookForStandstill();

function lookForStandstill(): void {
  let seen = Atomics.load(beats, 0);
  let since = performance.now();
  let told = false;
  setInterval(
    () => {
      const now = Atomics.load(beats, 0);
      if (now !== seen) {
        seen = now;
        since = performance.now();
        told = false;
      } else if (!told && !asked && performance.now() - since > slowMs) {
        told = true;
        reportStandstill(seen);
      }
    },
    Math.max(slowMs / 4, 5),
  );
}

function reportStandstill(beat: number): void {
  const session = pause((stack, evaluate) => {
    const goOn = (): void => session.post("Debugger.resume", () => session.disconnect());
    // It has run meanwhile: what it is at now is something else.
    if (Atomics.load(beats, 0) !== beat) goOn();
    else {
      const report = `globalThis[Symbol.for(${JSON.stringify(slowRequestsKey)})]`;
      evaluate(`${report}?.(${JSON.stringify(stack)})`, goOn);
    }
  });
}

/** Runs an expression in the paused main thread; what it gives, if that is a simple value, goes to `then`. */
type Evaluate = (expression: string, then: (value: unknown) => void) => void;

/** Pauses the main thread at the next opportunity, and leaves it so. `paused` gets its stack, a line a call. */
function pause(paused: (stack: string, evaluate: Evaluate) => void): Session {
  const session = new Session();
  // Only an inspector.Session of Node.js 20 and newer has it, and only in a thread.
  (session as Session & { connectToMainThread(): void }).connectToMainThread();
  const urls = new Map<string, string>();
  session.on("Debugger.scriptParsed", ({ params }) => urls.set(params.scriptId, params.url));
  session.once("Debugger.paused", ({ params }) => {
    const frames = params.callFrames as readonly CallFrame[];
    const callFrameId = frames[0]?.callFrameId ?? "";
    const evaluate: Evaluate = (expression, then) => {
      session.post(
        "Debugger.evaluateOnCallFrame",
        { callFrameId, expression, returnByValue: true, throwOnSideEffect: false },
        (_error, answer?: { readonly result: { readonly value?: unknown } }) => then(answer?.result.value),
      );
    };
    evaluate(stackExpression, (stack) => {
      const described = (): string =>
        frames
          .slice(0, maxFrames)
          .map((frame) => describeFrame(frame, urls))
          .join("\n");
      paused(typeof stack === "string" && stack !== "" ? stack : described(), evaluate);
    });
  });
  session.post("Debugger.enable", () => session.post("Debugger.pause"));
  return session;
}

function describeFrame(
  { functionName, url, location }: CallFrame,
  urls: ReadonlyMap<string, string>,
): string {
  const file = url === "" ? (urls.get(location.scriptId) ?? "") : url;
  const place = `${file}:${location.lineNumber + 1}:${(location.columnNumber ?? 0) + 1}`;
  return functionName === "" ? `at ${place}` : `at ${functionName} (${place})`;
}
