/** Hosts an application on an Exchange whose sink records what it is told, for the tests of the calling convention. */
import {
  Exchange,
  type ExchangeSettings,
  type HeaderList,
  type LogEntry,
  type ResponseSink,
} from "../../src/bridge/index.ts";
import type { GatewayRole } from "../../src/protocols/gateway-core.ts";
import { RequestAbortedError } from "../../src/errors/index.ts";
import { paramsBlock, type Pairs } from "./environ-request.ts";

export const octets = (text: string): Uint8Array => new TextEncoder().encode(text);
export const textOf = (chunk: Uint8Array): string => Buffer.from(chunk).toString("latin1");

/** The peer's going, as a carrier reports it. */
export const gone = (): RequestAbortedError =>
  new RequestAbortedError("ERR_REQUEST_ABORTED", "the peer has gone");

/** A sink that writes down every call, in order, and has room unless told otherwise. */
export class RecordingSink implements ResponseSink {
  /** `head 200 OK`, `body abc`, `flush`, `drained`, `end complete` or `end cut`. */
  readonly calls: string[] = [];
  status: string | undefined;
  headers: Readonly<HeaderList> = [];
  text = "";
  errorText = "";
  complete: boolean | undefined;
  /** Calls that came after the end: there must be none. */
  readonly late: string[] = [];
  /** While true, `body` says false. */
  full = false;
  /** Called on each `body`, after it has been written down. */
  onBody: (() => void) | undefined;
  readonly ended: Promise<void>;
  #tellEnd: () => void = () => {};
  #waiters: Array<{ resolve: () => void; reject: (reason: Error) => void }> = [];

  constructor() {
    this.ended = new Promise((resolve) => {
      this.#tellEnd = resolve;
    });
  }

  /** The calls without `flush`. */
  get order(): string[] {
    return this.calls.filter((call) => call !== "flush");
  }

  header(name: string): string | undefined {
    return this.headers.find((pair) => pair[0].toLowerCase() === name)?.[1];
  }

  head(status: string, headers: Readonly<HeaderList>): void {
    this.#note(`head ${status}`);
    this.status = status;
    this.headers = headers;
  }

  body(chunk: Uint8Array): boolean {
    this.#note(`body ${textOf(chunk)}`);
    this.text += textOf(chunk);
    this.onBody?.();
    return !this.full;
  }

  flush(): void {
    this.#note("flush");
  }

  drained(): Promise<void> {
    this.#note("drained");
    if (!this.full) return Promise.resolve();
    return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }));
  }

  errors(text: string): void {
    this.#requireOpen(`errors ${text}`);
    this.errorText += text;
  }

  end(complete: boolean): void {
    this.#note(complete ? "end complete" : "end cut");
    this.complete = complete;
    this.#tellEnd();
  }

  /** Has room from now on. */
  drain(): void {
    this.full = false;
    for (const { resolve } of this.#waiters.splice(0)) resolve();
  }

  fail(reason: Error): void {
    for (const { reject } of this.#waiters.splice(0)) reject(reason);
  }

  #note(call: string): void {
    this.#requireOpen(call);
    this.calls.push(call);
  }

  #requireOpen(call: string): void {
    if (this.complete === undefined) return;
    this.late.push(call);
    throw new Error(`the sink was called after the end: ${call}`);
  }
}

export const defaultSettings: ExchangeSettings = {
  multithread: true,
  multiprocess: false,
  runOnce: false,
  debug: false,
  maxBodyOctets: Infinity,
  bodyHighWaterOctets: 65_536,
  log: () => {},
  writeErrors: () => {},
};

export interface HostOptions {
  readonly params?: Pairs;
  readonly role?: GatewayRole;
  /** The request body, pushed whole and ended before the application starts; null: nothing is pushed or ended. */
  readonly body?: string | null;
  readonly settings?: Partial<ExchangeSettings>;
  /** One object for several requests, as a server has; `settings` and the recording of log lines are off then. */
  readonly serverSettings?: ExchangeSettings;
  readonly sink?: RecordingSink;
}

export interface Hosted {
  readonly sink: RecordingSink;
  readonly exchange: Exchange;
  readonly log: LogEntry[];
  /** What `settings.writeErrors` was given. */
  readonly errors: string[];
  readonly finished: Promise<void>;
}

/** An application as loose as JavaScript makes them: the tests host many that break their type. */
// oxlint-disable-next-line typescript/no-explicit-any
export type LooseApplication = (environ: any, startResponse: any) => unknown;

/** The request that tests mean when they do not say. */
export const get: Pairs = [
  ["REQUEST_METHOD", "GET"],
  ["SCRIPT_NAME", "/app"],
  ["PATH_INFO", "/x"],
  ["SERVER_NAME", "example.org"],
  ["SERVER_PORT", "80"],
  ["SERVER_PROTOCOL", "HTTP/1.1"],
];

export const post = (contentLength: string): Pairs => [
  ["REQUEST_METHOD", "POST"],
  ...get.slice(1),
  ["CONTENT_LENGTH", contentLength],
];

export const head: Pairs = [["REQUEST_METHOD", "HEAD"], ...get.slice(1)];

/** Makes the Exchange; the application has not been called. */
export function prepare(application: LooseApplication, options: HostOptions = {}): Hosted {
  const sink = options.sink ?? new RecordingSink();
  const log: LogEntry[] = [];
  const errors: string[] = [];
  const exchange = new Exchange(
    application as never,
    { protocol: "fastcgi", role: options.role ?? "responder", params: paramsBlock(options.params ?? get) },
    sink,
    options.serverSettings ?? {
      ...defaultSettings,
      log: (entry) => log.push(entry),
      writeErrors: (text) => errors.push(text),
      ...options.settings,
    },
  );
  const finished = new Promise<void>((resolve) => {
    exchange.onFinished = resolve;
  });
  const body = options.body === undefined ? "" : options.body;
  if (body !== null) {
    if (body !== "") exchange.input.push(Buffer.from(body, "latin1"));
    exchange.input.end();
  }
  return { sink, exchange, log, errors, finished };
}

/** Starts the application; the answer may be on its way when this returns. */
export function start(application: LooseApplication, options: HostOptions = {}): Hosted {
  const hosted = prepare(application, options);
  hosted.exchange.start();
  return hosted;
}

/** Runs the application to the end of its answer. */
export async function run(application: LooseApplication, options: HostOptions = {}): Promise<Hosted> {
  const hosted = start(application, options);
  await hosted.sink.ended;
  return hosted;
}

/** An application that answers with these headers and whatever body. */
export const answering =
  (body: unknown, headers: HeaderList = [], status = "200 OK"): LooseApplication =>
  (_environ, startResponse) => {
    startResponse(status, headers);
    return body;
  };

/** What start_response throws for these arguments, or undefined. */
export function refusal(...parameters: unknown[]): { code?: string; message: string } | undefined {
  let thrown: { code?: string; message: string } | undefined;
  start((_environ, startResponse) => {
    try {
      startResponse(...parameters);
    } catch (error) {
      thrown = error as typeof thrown;
    }
    return [];
  });
  return thrown;
}

/** The codes that were logged. */
export const codes = ({ log }: Hosted): Array<string | undefined> => log.map((entry) => entry.code);

export function raise(thrown: unknown): never {
  throw thrown;
}

/** Yields the chunks, then fails. */
export function* failing(...chunks: unknown[]): Generator {
  yield* chunks;
  raise(new Error("boom"));
}

/** Yields the chunks, then fails. */
export async function* failingLater(...chunks: unknown[]): AsyncGenerator {
  yield* chunks;
  raise(new Error("boom"));
}

/** Resolves once the microtasks and callbacks of this turn have run. */
export const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
