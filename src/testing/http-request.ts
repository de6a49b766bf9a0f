/**
 * One HTTP request on a connection of its own, and its answer in octets.
 *
 * Not fetch: paths leave exactly as they are given, header values are octets, repeated headers stay apart, and an
 * answer that breaks off is an answer too.
 * @module
 */
import { request as httpRequest, type IncomingMessage } from "node:http";
import type { ConformanceRequest, ReceivedAnswer, SendOptions } from "./conformance-cases/index.ts";

const withoutBody: ReadonlySet<string> = new Set(["GET", "HEAD", "DELETE", "OPTIONS"]);

/** Rejects when no answer comes: with the socket's error, or after `timeoutMs`. */
export function sendRequest(request: ConformanceRequest, options: SendOptions): Promise<ReceivedAnswer> {
  const { origin, path, timeoutMs, onFirstOctets } = options;
  const { hostname, port, host, protocol } = new URL(origin);
  if (protocol !== "http:") {
    return Promise.reject(
      new Error(
        `origin is ${origin}: expected http://; a target with a send of its own may ask by other means`,
      ),
    );
  }
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest({
      host: hostname.replace(/^\[|\]$/g, ""),
      port,
      path,
      method: request.method ?? "GET",
      headers: ["Host", host, ...framing(request), ...(request.headers ?? []).flat()],
      agent: false,
      signal: AbortSignal.timeout(timeoutMs),
    });
    outgoing.once("response", (incoming) => resolve(receive(incoming, onFirstOctets)));
    // After the answer's head this is too late to matter: an upload that was refused often ends in a reset.
    outgoing.on("error", (error) =>
      reject(error.name === "AbortError" ? new Error(`no answer within ${timeoutMs} ms: ${path}`) : error),
    );
    // Two parts: one write of all is sent as one chunk.
    const body = request.body ?? new Uint8Array(0);
    const half = body.length >>> 1;
    if (half > 0) outgoing.write(body.subarray(0, half));
    outgoing.end(body.subarray(half));
  });
}

function framing({ method = "GET", body, chunked = false }: ConformanceRequest): string[] {
  // Of other methods Node.js would send an empty chunked body.
  if (body === undefined) return withoutBody.has(method) ? [] : ["Content-Length", "0"];
  return chunked ? ["Transfer-Encoding", "chunked"] : ["Content-Length", String(body.length)];
}

async function receive(incoming: IncomingMessage, onFirstOctets?: () => void): Promise<ReceivedAnswer> {
  const chunks: Uint8Array[] = [];
  incoming.on("data", (chunk: Uint8Array) => {
    if (chunks.length === 0) onFirstOctets?.();
    chunks.push(chunk);
  });
  // A body that breaks off is told by `complete`; the error says no more.
  incoming.on("error", () => {});
  await new Promise<void>((resolve) => {
    incoming.once("close", resolve);
  });
  return {
    status: incoming.statusCode ?? 0,
    headers: pairs(incoming.rawHeaders),
    body: Buffer.concat(chunks),
    whole: incoming.complete,
  };
}

function pairs(raw: readonly string[]): Array<readonly [string, string]> {
  const found: Array<readonly [string, string]> = [];
  for (let at = 0; at + 1 < raw.length; at += 2) {
    found.push([(raw[at] ?? "").toLowerCase(), raw[at + 1] ?? ""]);
  }
  return found;
}
