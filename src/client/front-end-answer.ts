/**
 * Relays an application's answer to an HTTP client: what passes, what is held back, and how a cut answer shows.
 * @module
 */
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { dispositionFirst } from "../bridge/index.ts";
import { RemoteProtocolError } from "../errors/index.ts";
import type { HeaderPair } from "../protocols/response-head.ts";
import type { GatewayResponse } from "./types.ts";

/** Octets of a forbidden body (HEAD, 204, 304) that are read and dropped before its connection is given up. */
const maxDiscardOctets = 65_536;

/** The server writes these itself, or they are none of the client's business. */
const withheld: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/**
 * Sends an answer on. Resolves when the last octet has been handed to the client's socket.
 * @throws RemoteProtocolError ERR_CGI_HEAD, before anything is sent, for a Content-Length that is no number; after the
 * head, whatever shows that the answer is not whole: the caller must then cut the client's connection
 */
export async function relayAnswer(
  request: IncomingMessage,
  response: ServerResponse,
  answer: GatewayResponse,
): Promise<void> {
  const { status, reason, headers, body } = answer;
  const length = contentLength(headers);
  const passed: string[] = [];
  for (const [name, value] of dispositionFirst(headers)) {
    const lower = name.toLowerCase();
    if (withheld.has(lower) || (lower === "content-length" && status === 204)) continue;
    passed.push(name, value);
  }
  if (reason === "") response.writeHead(status, passed);
  else response.writeHead(status, reason, passed);
  if (request.method === "HEAD" || status === 204 || status === 304) {
    response.end();
    await discard(answer);
    return;
  }
  // Server-sent events and long polls: the head must not wait for a body that may be a minute away.
  if (body.isWaiting) response.flushHeaders();
  let sent = 0;
  for await (const chunk of body) {
    sent += chunk.length;
    if (length !== undefined && sent > length) throw lengthError(length, `${sent} octets or more`);
    if (!response.write(chunk)) await writable(response);
  }
  if (length !== undefined && sent < length) throw lengthError(length, `${sent} octets`);
  response.end();
}

/** The declared length in octets; a second header of the same value is left to the client to see. */
function contentLength(headers: readonly Readonly<HeaderPair>[]): number | undefined {
  let length: string | undefined;
  for (const [name, value] of headers) {
    if (name.toLowerCase() !== "content-length") continue;
    if (!/^\d{1,15}$/.test(value) || (length !== undefined && length !== value)) {
      throw new RemoteProtocolError(
        "ERR_CGI_HEAD",
        `malformed response head: Content-Length is ${JSON.stringify(value)}; expected one decimal number`,
      );
    }
    length = value;
  }
  return length === undefined ? undefined : Number(length);
}

/** Reads the rest of a body that must not be sent, so that its connection can be kept; gives up on a long one. */
async function discard(answer: GatewayResponse): Promise<void> {
  let octets = 0;
  for await (const chunk of answer.body) {
    octets += chunk.length;
    if (octets > maxDiscardOctets) break;
  }
}

/** Resolves when the client's socket takes more, or has gone: the aborted body then ends the loop. */
async function writable(response: ServerResponse): Promise<void> {
  if (response.destroyed) return;
  const over = new AbortController();
  const { signal } = over;
  try {
    await Promise.race([once(response, "drain", { signal }), once(response, "close", { signal })]);
  } finally {
    over.abort();
  }
}

function lengthError(declared: number, came: string): RemoteProtocolError {
  return new RemoteProtocolError(
    "ERR_FCGI_TRUNCATED",
    `the answer declared a Content-Length of ${declared} and had ${came}`,
  );
}
