/**
 * A Response as the answer of an application: status and headers for start_response, the body as an iterable.
 * @module
 */
import { describeValue, type Environ, type HeaderList, type StartResponse } from "../bridge/index.ts";
import { ResponseError } from "../errors/index.ts";
import { LazyHeaders } from "./fetch-headers.ts";
import { LazyResponse, type ResponseParts } from "./fetch-response.ts";
import { reasonPhrase } from "./reason-phrases.ts";

/**
 * What is dropped: these are of a connection (RFC 9110 section 7.6.1), and the web server's to send. Handlers set them
 * all the same (Hono's streaming helpers), or pass on what another server answered.
 */
const dropped: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "status",
  "te",
  "trailer",
  "trailers",
  "transfer-encoding",
  "upgrade",
]);

/**
 * Starts the answer.
 * @returns chunks, or a stream that has still to be read
 * @throws ResponseError ERR_RESPONSE_BODY for what is no Response, or one whose body is in use; ERR_RESPONSE_STATUS
 */
export function startAnswer(
  response: unknown,
  environ: Environ,
  startResponse: StartResponse,
): Uint8Array[] | ReadableStream<Uint8Array> {
  const { status, statusText, headers, body } = partsOf(response);
  if (body === undefined) {
    throw new ResponseError(
      "ERR_RESPONSE_BODY",
      "the body of the Response has been read, or is being read; return a Response of its own, or a clone()",
    );
  }
  const stream = typeof body === "object" && body !== null && !ArrayBuffer.isView(body) ? body : undefined;
  try {
    checkStatus(status);
    startResponse(statusLine(status, statusText), headerList(headers, stream !== undefined));
  } catch (error) {
    if (stream !== undefined) abandon(stream);
    throw error;
  }
  if (typeof body === "string") return body === "" ? [] : [Buffer.from(body)];
  if (body === null) return [];
  if (stream === undefined) return [body as Uint8Array];
  if (environ.REQUEST_METHOD !== "HEAD" && status !== 204 && status !== 205 && status !== 304) return stream;
  abandon(stream);
  return [];
}

/** Nobody will read it. Where it comes from may not care to be told. */
function abandon(stream: ReadableStream<Uint8Array>): void {
  stream.cancel().catch(() => {});
}

function checkStatus(status: number): void {
  if (Number.isInteger(status) && status >= 200 && status <= 999) return;
  throw new ResponseError(
    "ERR_RESPONSE_STATUS",
    `the fetch handler returned a Response of status ${status}; expected 200 to 599` +
      (status === 0 ? " (0 is what Response.error() makes)" : ""),
  );
}

/** The usual lines, each made once: as many as there are codes. */
const usualLines: string[] = [];

function statusLine(status: number, statusText: string): string {
  if (statusText !== "" && statusText.trim() !== "") return `${status} ${statusText.trim()}`;
  return (usualLines[status] ??= `${status} ${reasonPhrase(status)}`);
}

function partsOf(response: unknown): ResponseParts {
  if (typeof response === "object" && response !== null) {
    const parts = LazyResponse.partsOf(response) ?? partsOfAny(response as Partial<Response>);
    if (parts !== undefined) return parts;
  }
  throw new ResponseError(
    "ERR_RESPONSE_BODY",
    `the fetch handler returned ${describeValue(response)}; expected a Response, or a promise of one` +
      (response === undefined ? ": is a return statement missing?" : ""),
  );
}

/** undici's Responses, and what frameworks make that looks like one; undefined for anything else. */
function partsOfAny(response: Partial<Response>): ResponseParts | undefined {
  // The body before the headers: srvx's Responses (h3, Nitro) know the type of a text only once they have made its
  // stream.
  const { status, statusText, body, headers, bodyUsed } = response;
  if (typeof status !== "number" || typeof headers?.entries !== "function") return undefined;
  if (body !== null && body !== undefined && typeof body.getReader !== "function") return undefined;
  const inUse = bodyUsed === true || body?.locked === true;
  const list = LazyHeaders.listOf(headers) ?? listOf(headers);
  return {
    status,
    statusText: String(statusText ?? ""),
    headers: response.url ? withoutCodings(list) : list,
    body: inUse ? undefined : ((body ?? null) as ReadableStream<Uint8Array> | null),
  };
}

/** What fetch() decodes by itself. */
const decoded: ReadonlySet<string> = new Set(["gzip", "x-gzip", "deflate", "br"]);

/**
 * The headers of a Response of fetch()'s, which only those have a URL: its body has been decoded, and its headers
 * still speak of the one that came.
 */
function withoutCodings(list: readonly string[]): readonly string[] {
  const at = list.findIndex((name, index) => index % 2 === 0 && name === "content-encoding");
  const codings = (list[at + 1] ?? "").split(",").map((coding) => coding.trim().toLowerCase());
  if (at === -1 || !codings.every((coding) => decoded.has(coding))) return list;
  const isOfTheOriginal = (name: string): boolean => name === "content-encoding" || name === "content-length";
  return list.filter((_, index) => !isOfTheOriginal(list[index - (index % 2)]!));
}

function listOf(headers: Headers): string[] {
  const list: string[] = [];
  // Classes older than getSetCookie() iterate over cookies one by one; some of them join them.
  const hasCookies = typeof headers.getSetCookie === "function";
  for (const [name, value] of headers.entries()) {
    const lower = name.toLowerCase();
    if (!hasCookies || lower !== "set-cookie") list.push(lower, value);
  }
  if (hasCookies) for (const cookie of headers.getSetCookie()) list.push("set-cookie", cookie);
  return list;
}

function headerList(list: readonly string[], isStream: boolean): HeaderList {
  const headers: HeaderList = [];
  let isEvents = false;
  for (let i = 0; i < list.length; i += 2) {
    const name = list[i]!;
    const value = list[i + 1]!;
    if (name === "content-type") isEvents = isStream && value.startsWith("text/event-stream");
    if (!dropped.has(name)) headers.push([name, value]);
  }
  // nginx holds events back until its buffer is full, unless it is told not to; a handler may say "yes" itself.
  if (isEvents && !headers.some(([name]) => name === "x-accel-buffering")) {
    headers.push(["x-accel-buffering", "no"]);
  }
  return headers;
}
