/**
 * Serves the status pages over HTTP, at an address of their own (security O6). It reads nothing but the request line and
 * Accept, and changes nothing.
 * @module
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Address } from "../protocols/address.ts";
import { listenWith, type Listener } from "../server/index.ts";
import type { StatusSnapshot } from "./snapshot.ts";
import { textPage } from "./text-page.ts";

/** Whoever asks is told how many so many are. */
const maxConnections = 64;
const headTimeoutMs = 5_000;

/** As long as nothing has moved on a connection, in ms. */
const silenceTimeoutMs = 10_000;

/** What the pages are made of. */
export interface StatusSource {
  /** Everything, as of now. */
  snapshot(): Promise<StatusSnapshot>;
  /** True while somebody accepts requests and nobody is about to stop: what load balancers ask for. */
  isAvailable(): boolean;
}

export interface StatusServer {
  /** With the port that was chosen for port 0. */
  readonly address: Address;
  /** Stops listening, what is being answered still is; the path of a UNIX socket is gone when this returns. */
  close(): void;
}

interface Page {
  readonly type: string;
  readonly text: string;
  readonly status?: number;
  readonly policy?: string;
}

/**
 * Listens.
 * @throws ConfigurationError ERR_CONFIG_LISTEN when the address cannot be listened on
 */
export async function serveStatus(
  source: StatusSource,
  address: Address,
  socketMode: number = 0o660,
  silenceMs: number = silenceTimeoutMs,
): Promise<StatusServer> {
  const server = createServer(
    { headersTimeout: headTimeoutMs, requestTimeout: headTimeoutMs, keepAliveTimeout: headTimeoutMs },
    (request, response) => void answer(source, request, response),
  );
  server.maxConnections = maxConnections;
  // Who does not read its answer would hold one of them for ever. node:http destroys the socket.
  server.setTimeout(silenceMs);
  const listener: Listener = await listenWith(server, address, { socketMode });
  return {
    address: listener.address,
    close: () => {
      void listener.close();
      server.closeIdleConnections();
    },
  };
}

async function answer(
  source: StatusSource,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  let page: Page;
  try {
    page = await pageFor(source, request);
  } catch (error) {
    page = plain(
      `the status could not be made: ${error instanceof Error ? error.message : String(error)}\n`,
      500,
    );
  }
  const octets = Buffer.from(page.text, "utf8");
  response.writeHead(page.status ?? 200, {
    "Content-Type": page.type,
    "Content-Length": octets.length,
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": page.policy ?? "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    Vary: "Accept",
    ...(page.status === 405 ? { Allow: "GET, HEAD" } : {}),
  });
  response.end(request.method === "HEAD" ? undefined : octets);
  // A body that nobody reads would hold up the connection's next request.
  request.resume();
}

async function pageFor(source: StatusSource, request: IncomingMessage): Promise<Page> {
  if (request.method !== "GET" && request.method !== "HEAD")
    return plain("only GET and HEAD are served here\n", 405);
  const accept = request.headers.accept ?? "";
  const [path = ""] = (request.url ?? "/").split("?", 1);
  switch (path) {
    case "/":
      return accept.includes("text/html") ? htmlOf(source) : plain(textPage(await source.snapshot()));
    case "/status.txt":
      return plain(textPage(await source.snapshot()));
    case "/status.json":
      return { type: "application/json", text: `${JSON.stringify(await source.snapshot(), undefined, 1)}\n` };
    case "/metrics": {
      // Loaded when asked for: most never do, and the master starts sooner.
      const { metricsPage } = await import("./metrics-page.ts");
      return metricsPage(await source.snapshot(), accept.includes("application/openmetrics-text"));
    }
    case "/ping":
      return source.isAvailable() ? plain("pong\n") : plain("unavailable\n", 503);
    default:
      return plain("there are /, /status.txt, /status.json, /metrics and /ping\n", 404);
  }
}

async function htmlOf(source: StatusSource): Promise<Page> {
  const { htmlPage, pagePolicy } = await import("./html-page.ts");
  return { type: "text/html; charset=utf-8", text: htmlPage(await source.snapshot()), policy: pagePolicy };
}

function plain(text: string, status = 200): Page {
  return { type: "text/plain; charset=utf-8", text, status };
}
