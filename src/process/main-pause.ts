/**
 * Pauses the main thread from another thread, by the inspector, and looks at it: where it is, and for which request.
 * @module
 */
import { Session } from "node:inspector";
import type { NamedRequest } from "../status/index.ts";

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
 * inspector does not know; its first two lines are those of this expression, others like them may be the application's.
 */
const stackExpression = `(() => {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = ${maxFrames + 2};
  const stack = String(new Error().stack);
  Error.stackTraceLimit = limit;
  const lines = stack.split("\\n").slice(1).map((line) => line.trim());
  const isOwn = (line) => line.includes("at eval (") || line.startsWith("at <anonymous>");
  const own = lines.slice(0, 2).filter(isOwn).length;
  return lines.slice(own).join("\\n");
})()`;

/**
 * Run in the frame that calls the application: the request, which has `method` and `path` that are safe to print. Only
 * an application that has not been resumed since is called by one.
 */
const insideExpression = `(() => {
  try {
    const { method, path } = this;
    return this.constructor.name === "Exchange" ? JSON.stringify({ method, path: path.split("?", 1)[0] }) : "";
  } catch {
    return "";
  }
})()`;

/** The method of that frame. */
const callerName = "start";

/** The main thread, as long as it is paused. */
export interface PausedMain {
  /** Where it is, a line a call. */
  readonly stack: string;
  /** The request whose application is being called, if one is. */
  readonly inside: NamedRequest | undefined;
  /** Runs an expression in the innermost frame; what it gives, if that is a simple value. */
  evaluate(expression: string): Promise<unknown>;
  /** Lets it go on. */
  resume(): Promise<void>;
}

/**
 * Pauses the main thread at the next opportunity, and leaves it so. Never resolves for one that runs no JavaScript.
 *
 * Two at a time would be one pause, which the first to resume ends for both.
 */
export async function pauseMain(): Promise<PausedMain> {
  const session = new Session();
  // Only an inspector.Session of Node.js 20 and newer has it, and only in a thread.
  (session as Session & { connectToMainThread(): void }).connectToMainThread();
  const urls = new Map<string, string>();
  session.on("Debugger.scriptParsed", ({ params }) => urls.set(params.scriptId, params.url));
  const frames = await new Promise<readonly CallFrame[]>((resolve) => {
    session.once("Debugger.paused", ({ params }) => resolve(params.callFrames as readonly CallFrame[]));
    session.post("Debugger.enable", () => session.post("Debugger.pause"));
  });
  const evaluateOn = (frame: CallFrame | undefined, expression: string): Promise<unknown> =>
    new Promise((resolve) => {
      session.post(
        "Debugger.evaluateOnCallFrame",
        {
          callFrameId: frame?.callFrameId ?? "",
          expression,
          returnByValue: true,
          throwOnSideEffect: false,
        },
        (_error, answer?: { readonly result: { readonly value?: unknown } }) => resolve(answer?.result.value),
      );
    });
  const evaluate = (expression: string): Promise<unknown> => evaluateOn(frames[0], expression);
  const stack = await evaluate(stackExpression);
  const described = (): string =>
    frames
      .slice(0, maxFrames)
      .map((frame) => describeFrame(frame, urls))
      .join("\n");
  return {
    stack: typeof stack === "string" && stack !== "" ? stack : described(),
    inside: await findRequest(frames, evaluateOn),
    evaluate,
    resume: () =>
      new Promise((resolve) => {
        session.post("Debugger.resume", () => {
          session.disconnect();
          resolve();
        });
      }),
  };
}

/** The outermost: an application may call another for a request that it has made up. */
async function findRequest(
  frames: readonly CallFrame[],
  evaluateOn: (frame: CallFrame, expression: string) => Promise<unknown>,
): Promise<NamedRequest | undefined> {
  for (const frame of frames.toReversed()) {
    if (frame.functionName !== callerName) continue;
    const found = await evaluateOn(frame, insideExpression);
    if (typeof found === "string" && found !== "") return JSON.parse(found) as NamedRequest;
  }
  return undefined;
}

function describeFrame(
  { functionName, url, location }: CallFrame,
  urls: ReadonlyMap<string, string>,
): string {
  const file = url === "" ? (urls.get(location.scriptId) ?? "") : url;
  const place = `${file}:${location.lineNumber + 1}:${(location.columnNumber ?? 0) + 1}`;
  return functionName === "" ? `at ${place}` : `at ${functionName} (${place})`;
}
