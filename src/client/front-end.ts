/**
 * A small web server that stands in front of an application as nginx would: HTTP/1.1 in, FastCGI or SCGI out.
 *
 * For development, tests and the odd machine without a web server. It has no TLS, no HTTP/2, serves no files and is
 * not meant to face the internet.
 * @module
 */
import { STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { ListenOptions } from "node:net";
import type { LogEntry } from "../bridge/index.ts";
import { ConfigurationError, TsgiError } from "../errors/index.ts";
import { formatAddress, type Address } from "../protocols/address.ts";
import { listenError } from "../protocols/listen-error.ts";
import { GatewayClient } from "./client.ts";
import { relayAnswer } from "./front-end-answer.ts";
import { createFrontEndServer } from "./front-end-server.ts";
import { buildRequestParams, type ParamsSettings } from "../protocols/http-params.ts";
import { timerMs } from "../protocols/timer-ms.ts";
import { IncomingBody } from "./incoming-body.ts";
import type { BodySource, GatewayClientOptions } from "./types.ts";

/** How a front end is set up. */
export interface FrontEndOptions {
  /** The application behind it. */
  readonly gateway: GatewayClientOptions;
  /** Where the application is mounted, decoded: default "" (everything); "/app" answers 404 outside of /app. */
  readonly scriptName?: string;
  /** SERVER_SOFTWARE. Default "tsgi". */
  readonly serverSoftware?: string;
  /** Variables that stand over those of the request. */
  readonly params?: Readonly<Record<string, string>>;
  /** Hears what the application writes to FCGI_STDERR, in pieces as they come. */
  readonly onErrors?: (octets: Uint8Array) => void;
  /** Hears why a request was answered with an error of the front end's own, or cut. */
  readonly onFailure?: (error: unknown, request: IncomingMessage) => void;
  /** Hears what came to a listener of the front end's own and is no request: octets that are not HTTP, half a head. */
  readonly onRefusal?: (entry: LogEntry) => void;
}

/** The status that a client sees for each failure before the answer's head; 502 for those not named. */
const statusOf: Readonly<Record<string, number>> = {
  ERR_REQUEST_URI: 400,
  ERR_REQUEST_PARAMS: 400,
  ERR_LIMIT_REQUESTS: 503,
  ERR_LIMIT_TIME: 504,
  // A chunked body under SCGI, too long to be gathered: as Apache answers it.
  ERR_LIMIT_BODY: 411,
  ERR_LOCAL_STATE: 503,
};

export class FrontEnd {
  readonly #options: FrontEndOptions;
  readonly #settings: ParamsSettings;
  readonly #client: GatewayClient;
  /** Made by `listen`: a front end whose requests come from servers of the user's own has none. */
  #server: Server | undefined;
  #isClosing = false;

  /** @throws ConfigurationError ERR_CONFIG_OPTION for a scriptName that is no path; as GatewayClient's constructor */
  constructor(options: FrontEndOptions) {
    const { scriptName = "", serverSoftware = "tsgi", params = {} } = options;
    if (scriptName !== "" && (!scriptName.startsWith("/") || scriptName.endsWith("/"))) {
      throw new ConfigurationError(
        "ERR_CONFIG_OPTION",
        `scriptName is ${JSON.stringify(scriptName)}; expected "" or a path such as "/app"`,
      );
    }
    this.#options = options;
    this.#settings = { scriptName, serverSoftware, params };
    this.#client = new GatewayClient(options.gateway);
  }

  /**
   * Listens and resolves with the address, its port filled in.
   * @throws ConfigurationError ERR_CONFIG_LISTEN when that is not possible, ERR_CONFIG_ADDRESS for a systemd name
   */
  listen(address: Address): Promise<Address> {
    const server = (this.#server ??= this.#createServer());
    return new Promise((resolve, reject) => {
      const onError = (error: Error): void => reject(listenError(address, error));
      server.once("error", onError);
      server.listen(listenTarget(address), () => {
        server.off("error", onError);
        // An accept that fails (too many open files) must not end the process; the next one may succeed.
        server.on("error", () => {});
        const bound = server.address();
        const isTcp = typeof bound === "object" && bound !== null && address.kind === "tcp";
        resolve(isTcp ? { kind: "tcp", host: address.host, port: bound.port } : address);
      });
    });
  }

  /** Takes no more requests, lets those under way end, cuts what is left after `graceMs` (default: never). */
  async close(options: { readonly graceMs?: number } = {}): Promise<void> {
    const { graceMs } = options;
    const server = this.#server;
    const cutRest = (): void => {
      server?.closeAllConnections();
      void this.#client.destroy();
    };
    this.#isClosing = true;
    const timer = graceMs === undefined ? undefined : setTimeout(cutRest, timerMs(graceMs));
    try {
      if (server !== undefined) await new Promise<void>((resolve) => server.close(() => resolve()));
      await this.#client.close();
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * Answers one request of a node:http or node:https server of your own, which need not be one that `listen` opened.
   * Its "checkContinue" event is to be handed on with `expectsContinue`: the client is then asked for its body when the
   * application's side takes it. Never rejects.
   */
  async handle(request: IncomingMessage, response: ServerResponse, expectsContinue = false): Promise<void> {
    const gone = new AbortController();
    response.on("close", () => {
      if (!response.writableFinished) gone.abort();
      // node:http closes what is idle when asked to close, not what becomes idle afterwards.
      if (this.#isClosing) setImmediate(() => this.#server?.closeIdleConnections());
    });
    try {
      const params = buildRequestParams(request, request.socket, this.#settings);
      if (params === undefined) {
        sendError(response, 404);
        return;
      }
      const body = requestBody(request, expectsContinue ? response : undefined);
      const { onErrors } = this.#options;
      const answer = await this.#client.request({
        params,
        signal: gone.signal,
        ...(body && { body }),
        ...(onErrors && { onErrors }),
      });
      try {
        await relayAnswer(request, response, answer);
      } finally {
        answer.body.cancel();
      }
    } catch (error) {
      if (gone.signal.aborted) return;
      if (response.headersSent) cut(request, response);
      else sendError(response, error instanceof TsgiError ? (statusOf[error.code] ?? 502) : 502);
      this.#options.onFailure?.(error, request);
    }
  }

  #createServer(): Server {
    const { onFailure, onRefusal } = this.#options;
    return createFrontEndServer({
      request: (request, response, expectsContinue) => void this.handle(request, response, expectsContinue),
      refuse: ({ status, error }, request, response) => {
        sendError(response, Number.parseInt(status, 10));
        onFailure?.(error, request);
      },
      refused: (entry) => onRefusal?.(entry),
    });
  }
}

/** Makes a front end; the same as `new FrontEnd(options)`. */
export function createFrontEnd(options: FrontEndOptions): FrontEnd {
  return new FrontEnd(options);
}

function listenTarget(address: Address): ListenOptions {
  if (address.kind === "tcp") return { host: address.host, port: address.port };
  if (address.kind === "unix") return { path: address.path };
  // node:net takes a descriptor as well; its types leave that out.
  if (address.kind === "fd") return { fd: address.fd } as ListenOptions;
  throw new ConfigurationError(
    "ERR_CONFIG_ADDRESS",
    `the front end cannot listen on ${formatAddress(address)}; expected host:port, unix:/path or fd:N`,
  );
}

/** The request's body as it arrives, undefined when it has none; asks for it first where the client waits for that. */
function requestBody(request: IncomingMessage, response: ServerResponse | undefined): BodySource | undefined {
  const { headers } = request;
  if (headers["transfer-encoding"] === undefined && (headers["content-length"] ?? "0") === "0") {
    return undefined;
  }
  return new IncomingBody(request, response);
}

/** Ends the client's connection after what has been sent, so that it sees that the answer is not whole. */
function cut({ httpVersion, socket }: IncomingMessage, response: ServerResponse): void {
  if (httpVersion === "1.0" && socket.remoteAddress !== undefined) {
    // Without chunks, and perhaps without a length, only a reset tells a cut answer from a whole one.
    socket.resetAndDestroy();
    return;
  }
  response.flushHeaders();
  socket.destroySoon();
}

function sendError(response: ServerResponse, status: number): void {
  const text = `${status} ${STATUS_CODES[status] ?? "Error"}\n`;
  response.writeHead(status, { "Content-Type": "text/plain; charset=utf-8", "Content-Length": text.length });
  response.end(response.req.method === "HEAD" ? undefined : text);
}
