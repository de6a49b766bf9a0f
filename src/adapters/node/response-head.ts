/**
 * The head of an answer as start_response takes it, from what `writeHead` hands to `_storeHeader`.
 *
 * Node's `_storeHeader` makes octets for its own connection of the same arguments. Here are its checks and its rules for
 * Content-Length; what it adds for the connection (Connection, Keep-Alive, Transfer-Encoding, Date) is the web server's.
 * @module
 */
import type { OutgoingHttpHeader, ServerResponse } from "node:http";
import type { HeaderList } from "../../bridge/index.ts";
import { headerKind, type HeaderKind } from "./header-kinds.ts";
import { httpModule } from "./http-module.ts";

/** Names in lower case of headers whose values go into one line, as the server was told. */
export const uniqueHeaders: unique symbol = Symbol("tsgi.uniqueHeaders");

/** What of a ServerResponse's own state decides over its head; the names are the same from Node.js 20 to 26. */
export interface HeadState extends ServerResponse {
  _hasBody: boolean;
  _contentLength: number | null;
  _removedContLen: boolean;
  [uniqueHeaders]?: ReadonlySet<string>;
}

/** A head, ready to be sent. */
export interface CapturedHead {
  readonly status: string;
  readonly headers: HeaderList;
  /** It has a body, and no word on its length. */
  readonly lengthAllowed: boolean;
  /** The head as Node.js would have written it, for those who look at `res._header`. */
  readonly text: string;
}

/** All forms in which headers arrive: `setHeader`'s own map, or what `writeHead` was given. */
export type GivenHeaders =
  | Readonly<Record<string, OutgoingHttpHeader | undefined>>
  | ReadonlyArray<OutgoingHttpHeader | readonly [string, OutgoingHttpHeader]>
  | null
  | undefined;

/** What headers have said by themselves. */
interface Seen {
  length: boolean;
  transferCoding: boolean;
  date: boolean;
  trailer: boolean;
  events: boolean;
  buffering: boolean;
  text: string;
}

/**
 * Makes the head.
 * @throws TypeError with Node's codes (ERR_INVALID_HTTP_TOKEN, ERR_INVALID_CHAR, ERR_HTTP_INVALID_HEADER_VALUE,
 * ERR_INVALID_ARG_VALUE) for headers that `writeHead` was given and that are none; Error ERR_HTTP_TRAILER_INVALID for
 * the header Trailer where no chunked body can follow
 */
export function captureHead(response: HeadState, firstLine: string, given: GivenHeaders): CapturedHead {
  const headers: HeaderList = [];
  const seen: Seen = {
    length: false,
    transferCoding: false,
    date: false,
    trailer: false,
    events: false,
    buffering: false,
    text: firstLine,
  };
  if (given) addGiven(headers, seen, response, given);
  if (seen.trailer && !seen.transferCoding && (seen.length || !response._hasBody)) throw trailerError();
  if (response.sendDate && !seen.date) append(headers, seen, "Date", new Date().toUTCString());
  let lengthAllowed = !seen.length && !seen.transferCoding && response._hasBody && !response._removedContLen;
  const length = response._contentLength;
  if (lengthAllowed && typeof length === "number") {
    append(headers, seen, "Content-Length", String(length));
    lengthAllowed = false;
  }
  // nginx holds events back until its buffer is full, unless it is told not to. The listener does not see it.
  if (seen.events && typeof length !== "number" && !seen.buffering) headers.push(["X-Accel-Buffering", "no"]);
  return { status: statusOf(response), headers, lengthAllowed, text: `${seen.text}\r\n` };
}

function addGiven(
  headers: HeaderList,
  seen: Seen,
  response: HeadState,
  given: NonNullable<GivenHeaders>,
): void {
  if (Array.isArray(given)) {
    addList(headers, seen, response, given as readonly unknown[]);
    return;
  }
  const map = given as Readonly<Record<string, unknown>>;
  // setHeader's map has no prototype, and entries of name and value; a listener's object may lack one as well.
  const isOwnMap = Object.getPrototypeOf(map) === null && response.getHeaderNames().length > 0;
  for (const name in map) {
    if (isOwnMap) {
      const [spelled, value] = map[name] as [string, unknown];
      addHeader(headers, seen, response, spelled, value, false);
    } else if (Object.hasOwn(map, name)) {
      addHeader(headers, seen, response, name, map[name], true);
    }
  }
}

function addList(headers: HeaderList, seen: Seen, response: HeadState, list: readonly unknown[]): void {
  if (Array.isArray(list[0])) {
    for (const pair of list as ReadonlyArray<readonly [string, unknown]>) {
      addHeader(headers, seen, response, pair[0], pair[1], true);
    }
    return;
  }
  if (list.length % 2 !== 0) {
    throw Object.assign(new TypeError("The argument 'headers' is invalid: names and values must alternate"), {
      code: "ERR_INVALID_ARG_VALUE",
    });
  }
  for (let i = 0; i < list.length; i += 2) {
    addHeader(headers, seen, response, list[i] as string, list[i + 1], true);
  }
}

function addHeader(
  headers: HeaderList,
  seen: Seen,
  response: HeadState,
  name: string,
  value: unknown,
  validate: boolean,
): void {
  const kind = headerKind(name);
  if (!Array.isArray(value)) {
    addValue(headers, seen, response, kind, name, value, validate);
  } else if (
    (kind === "cookie" && value.length > 1) ||
    response[uniqueHeaders]?.has(name.toLowerCase()) === true
  ) {
    addValue(headers, seen, response, kind, name, value.join("; "), validate);
  } else {
    for (const each of value as unknown[]) addValue(headers, seen, response, kind, name, each, validate);
  }
}

function addValue(
  headers: HeaderList,
  seen: Seen,
  response: HeadState,
  kind: HeaderKind,
  name: string,
  value: unknown,
  validate: boolean,
): void {
  let text: string;
  if (typeof value === "number") text = String(value);
  else {
    if (validate) httpModule().validateHeaderValue(name, value as string);
    text = typeof value === "string" ? value : String(value);
    // Node.js lets a TAB pass, which is as good as a space (RFC 9110 section 5.5); the gateway takes no control character.
    if (text.includes("\t")) text = text.replaceAll("\t", " ");
  }
  switch (kind) {
    case "date":
      seen.date = true;
      break;
    case "length":
      seen.length = true;
      response._contentLength = Number(text);
      response._removedContLen = false;
      break;
    case "type":
      seen.events = text.startsWith("text/event-stream");
      break;
    case "buffering":
      seen.buffering = true;
      break;
    case "coding":
      seen.transferCoding = true;
      return;
    case "trailer":
      seen.trailer = true;
      return;
    case "dropped":
      return;
    default:
  }
  append(headers, seen, name, text);
}

function append(headers: HeaderList, seen: Seen, name: string, value: string): void {
  headers.push([name, value]);
  seen.text += `${name}: ${value}\r\n`;
}

function trailerError(): Error {
  return Object.assign(new Error("Trailers are invalid with this transfer encoding"), {
    code: "ERR_HTTP_TRAILER_INVALID",
  });
}

/** `200 OK`: start_response wants a reason, where HTTP can do without. */
function statusOf({ statusCode, statusMessage }: ServerResponse): string {
  const usual = httpModule().STATUS_CODES[statusCode] ?? "unknown";
  if (statusMessage === usual) return `${statusCode} ${usual}`;
  const reason = statusMessage.replaceAll("\t", " ").trim();
  return `${statusCode} ${reason === "" ? usual : reason}`;
}
