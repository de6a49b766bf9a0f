/**
 * Runs one listener under Node's own http server and under `fromNode` behind FastCGI, and tells what the client got and
 * what the listener saw.
 * @module
 */
import { once } from "node:events";
import { request, type IncomingMessage, type ServerResponse } from "node:http";
import type { NodeListener } from "../../../src/adapters/index.ts";
import { gate } from "../../support/serving.ts";
import type { Site } from "./sites.ts";

/** Writes a line into the record of what happened. */
export type Log = (line: string) => void;

export interface Behaviour {
  /** What is done with a request. Events of both objects are logged before it is called. */
  run(req: IncomingMessage, res: ServerResponse, log: Log): unknown;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: string;
  /** The client goes away: once the answer's first octets have come, or when the listener calls `res.emit("leave")`. */
  readonly leaves?: "after head" | "when told";
  /** Where the two may differ, and why. */
  readonly differs?: {
    readonly why: string;
    /** Lines of the log that only one of the two has; all others must agree. */
    readonly lines?: RegExp;
    /** Headers, in lower case. */
    readonly headers?: readonly string[];
    /** The whole answer: status and body too. */
    readonly answer?: boolean;
  };
}

export interface Outcome {
  readonly status: number | string;
  readonly reason: string;
  /** Names as they came, and values, without those of the connection. */
  readonly headers: Array<[string, string]>;
  readonly body: string;
  readonly log: string[];
}

const resEvents = ["prefinish", "finish", "close", "drain", "pipe", "unpipe"] as const;
const reqEvents = ["end", "close", "aborted"] as const;

/** The listener for a behaviour, and what it logged once the response has closed and the loop has gone round. */
export function watched(behaviour: Behaviour): { listener: NodeListener; log: Promise<string[]> } {
  const lines: string[] = [];
  const done = gate<string[]>();
  const log: Log = (line) => lines.push(line);
  const listener: NodeListener = (req, res) => {
    for (const name of reqEvents) req.on(name, () => log(`req ${name}`));
    for (const name of resEvents) res.on(name, () => log(`res ${name}`));
    req.on("error", (error: NodeJS.ErrnoException) => log(`req error ${error.code} ${error.message}`));
    res.on("error", (error: NodeJS.ErrnoException) => log(`res error ${error.code} ${error.message}`));
    res.on("close", () => setImmediate(() => setImmediate(() => done.open(lines))));
    return behaviour.run(req, res, log);
  };
  return { listener, log: done.opened };
}

/** Headers that belong to one connection, or to the clock. */
const ofTheConnection = new Set(["connection", "keep-alive", "transfer-encoding", "date"]);

/** Sends the behaviour's request. */
export async function play(
  behaviour: Behaviour,
  site: Site,
  leave: Promise<unknown>,
): Promise<Omit<Outcome, "log">> {
  const { method = "GET", headers = {}, body, leaves } = behaviour;
  const asked = request({
    port: site.port,
    host: "127.0.0.1",
    path: "/path?query=1",
    method,
    headers,
    agent: false,
  });
  const nothing = { status: "none", reason: "", headers: [], body: "" };
  const failed = once(asked, "error").then(() => undefined);
  if (leaves === "when told" && body !== undefined) asked.write(body);
  else asked.end(body);
  void leave.then(() => asked.destroy());
  const answered = once(asked, "response").then(([answer]) => answer as IncomingMessage);
  answered.catch(() => {});
  const answer = await Promise.race([answered, failed]);
  if (answer === undefined) return nothing;
  let text = "";
  answer.setEncoding("latin1").on("error", () => {});
  answer.on("data", (piece: string) => {
    text += piece;
    if (leaves === "after head") asked.destroy();
  });
  await new Promise((resolve) => answer.once("close", resolve));
  const came = pairs(answer.rawHeaders).filter(([name]) => !ofTheConnection.has(name.toLowerCase()));
  return {
    status:
      answer.complete || leaves !== undefined ? (answer.statusCode ?? 0) : `${answer.statusCode} cut short`,
    reason: answer.statusMessage ?? "",
    headers: came,
    body: text,
  };
}

function pairs(raw: readonly string[]): Array<[string, string]> {
  const list: Array<[string, string]> = [];
  for (let i = 0; i + 1 < raw.length; i += 2) list.push([raw[i] ?? "", raw[i + 1] ?? ""]);
  return list;
}
