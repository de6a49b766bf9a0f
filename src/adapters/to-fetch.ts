/**
 * toFetch: an application as a fetch handler, for servers and frameworks that host those.
 * @module
 */
import {
  embeddedSettings,
  errorPage,
  Exchange,
  gatewayStatus,
  httpGatewayRequest,
  parseScriptName,
  type Application,
  type ExchangeSettings,
  type GatewayRequest,
  type LogEntry,
} from "../bridge/index.ts";
import { ConfigurationError, RemoteProtocolError, RequestAbortedError } from "../errors/index.ts";
import { FetchResponseSink } from "./fetch-response-sink.ts";

/** The client's end of the connection. */
export interface RemoteAddress {
  readonly address: string;
  readonly port?: number | undefined;
}

export interface ToFetchOptions<Arguments extends readonly unknown[]> {
  /** Where the application is mounted: the path is split there. Default "", at the root. */
  readonly scriptName?: string;
  /** REMOTE_ADDR and REMOTE_PORT, from what the server gives its handlers; a Request knows neither. Default: "". */
  readonly remoteAddress?: (request: Request, ...more: Arguments) => string | RemoteAddress | undefined;
  /** Pairs put over the request's variables in every environ. */
  readonly environ?: Readonly<Record<string, string>>;
  /** The largest request body in octets; 413 beyond. Default: no bound but the server's own. */
  readonly maxBodyOctets?: number;
  /** Error pages show the stack. Default false. */
  readonly debug?: boolean;
  /** The error log. Default: a line on standard error. */
  readonly log?: (entry: LogEntry) => void;
  /** Where `wsgi.errors` goes. Default: standard error. */
  readonly writeErrors?: (text: string) => void;
}

/**
 * Makes a fetch handler of an application. Whatever else the handler is given, `env` and `ctx` for example, goes to
 * `remoteAddress`; where there is a `ctx.waitUntil`, it is told of what runs on behind the answer.
 *
 * It resolves once the head is known. Cancelling the Response's body, or the request's signal, aborts the request.
 * @throws ConfigurationError ERR_CONFIG_APPLICATION, ERR_CONFIG_OPTION
 */
export function toFetch<Arguments extends readonly unknown[] = readonly unknown[]>(
  application: Application,
  options: ToFetchOptions<Arguments> = {},
): (request: Request, ...more: Arguments) => Promise<Response> {
  if (typeof application !== "function") {
    throw new ConfigurationError(
      "ERR_CONFIG_APPLICATION",
      `toFetch() got ${application === null ? "null" : typeof application} for an application: it takes a function (environ, startResponse)`,
    );
  }
  const settings: ExchangeSettings = {
    ...embeddedSettings(options),
    scriptName: parseScriptName(options.scriptName ?? ""),
  };
  return (request, ...more) => {
    let gatewayRequest: GatewayRequest;
    try {
      gatewayRequest = toGatewayRequest(request, options.remoteAddress?.(request, ...more));
    } catch (error) {
      if (!(error instanceof RemoteProtocolError)) return Promise.reject(error as Error);
      settings.log({ level: "warning", message: error.message, code: error.code });
      const page = errorPage(gatewayStatus.badRequest);
      return Promise.resolve(
        new Response(page.octets as Uint8Array<ArrayBuffer>, { status: 400, headers: page.headers }),
      );
    }
    return respond(request, new Run(application, gatewayRequest, settings), more[1]);
  };
}

function toGatewayRequest(request: Request, remote: string | RemoteAddress | undefined): GatewayRequest {
  const { address, port } = typeof remote === "object" ? remote : { address: remote ?? "" };
  const url = new URL(request.url);
  const isHttps = url.protocol === "https:";
  // The URL's authority stands for the Host header, which Requests need not have.
  const rawHeaders = ["host", url.host];
  for (const [name, value] of request.headers) if (name !== "host") rawHeaders.push(name, value);
  return httpGatewayRequest(
    { method: request.method, url: url.pathname + url.search, httpVersion: "1.1", rawHeaders },
    {
      localPort: url.port === "" ? (isHttps ? 443 : 80) : Number(url.port),
      remoteAddress: address,
      remotePort: port,
    },
    isHttps ? { params: { REQUEST_SCHEME: "https", HTTPS: "on" } } : {},
  );
}

/** An Exchange and its sink. */
class Run {
  readonly sink: FetchResponseSink = new FetchResponseSink();
  readonly exchange: Exchange;

  constructor(application: Application, request: GatewayRequest, settings: ExchangeSettings) {
    this.exchange = new Exchange(application, request, this.sink, settings);
  }

  abort(why: string): void {
    const reason = new RequestAbortedError("ERR_REQUEST_ABORTED", `the request was aborted: ${why}`);
    this.exchange.abort(reason);
    this.sink.abort(reason);
  }
}

async function respond(request: Request, run: Run, context: unknown): Promise<Response> {
  const { exchange, sink } = run;
  const onAbort = (): void => run.abort("its signal fired");
  const upload = new Upload(request, exchange);
  // In variables: V8 allocates a closure that is assigned to a property in the old generation.
  const onCancel = (): void => run.abort("the answer's body was cancelled");
  sink.onCancel = onCancel;
  const finished = new Promise<void>((resolve) => {
    const onFinished = (): void => {
      request.signal.removeEventListener("abort", onAbort);
      upload.stop();
      resolve();
    };
    exchange.onFinished = onFinished;
  });
  if (request.signal.aborted) onAbort();
  else request.signal.addEventListener("abort", onAbort);
  exchange.start();
  if (!exchange.finished && hasWaitUntil(context)) context.waitUntil(finished);
  return sink.response;
}

function hasWaitUntil(context: unknown): context is { waitUntil(promise: Promise<unknown>): void } {
  return (
    typeof context === "object" &&
    context !== null &&
    "waitUntil" in context &&
    typeof context.waitUntil === "function"
  );
}

/** The request's body on its way to `wsgi.input`, from the moment the application first waits for it. */
class Upload {
  readonly #request: Request;
  readonly #exchange: Exchange;
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined = undefined;
  #stopped = false;
  #drained: (() => void) | undefined = undefined;

  constructor(request: Request, exchange: Exchange) {
    this.#request = request;
    this.#exchange = exchange;
    if (request.body === null) exchange.input.end();
    else {
      // As in respond().
      const onWait = (): void => {
        if (this.#reader === undefined) void this.#run();
      };
      const onDrain = (): void => this.#drained?.();
      exchange.input.onWait = onWait;
      exchange.input.onDrain = onDrain;
    }
  }

  /** The application is done with it. */
  stop(): void {
    this.#stopped = true;
    this.#drained?.();
    // The rest is not wanted; a stream that fails over it has nobody to tell.
    this.#reader?.cancel().catch(() => {});
  }

  async #run(): Promise<void> {
    const { input } = this.#exchange;
    try {
      const reader = this.#request.body!.getReader() as ReadableStreamDefaultReader<Uint8Array>;
      this.#reader = reader;
      for (;;) {
        const { done, value } = await reader.read();
        if (done || this.#stopped) break;
        if (!input.push(value)) await new Promise<void>((resolve) => (this.#drained = resolve));
      }
      input.end();
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      input.fail(
        new RequestAbortedError("ERR_REQUEST_ABORTED", `the request body could not be read: ${message}`),
      );
    }
  }
}
