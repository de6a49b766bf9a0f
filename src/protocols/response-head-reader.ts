/**
 * Reads the head of an answer: header lines, `Status` among them, and a blank line, in whatever pieces they come.
 *
 * As tolerant as the web servers are of line ends and of where Status stands, as strict as the strictest of them with
 * what could be read in two ways (folded lines, control characters, two statuses). No I/O. RFC 3875 section 6.
 * @module
 */
import { LimitExceededError, RemoteProtocolError } from "../errors/index.ts";
import { quoted } from "./quoted.ts";

/** A header: both strings are native strings, one octet a code point, U+00FF at most. */
export type HeaderPair = [name: string, value: string];

const carriageReturn = 13;
const lineFeed = 10;

/** A head that has come whole. */
export interface ResponseHead {
  /** 200 to 999. Without a `Status` header: 302 when there is a Location, else 200 (RFC 3875 6.2.3, 6.3.3). */
  readonly status: number;
  /** What came after the code, often "". */
  readonly reason: string;
  /** In the order they came, `Status` taken out; values without the white space around them. */
  readonly headers: HeaderPair[];
  /** The octets after the blank line: the body's first. A view of what was last received. */
  readonly rest: Uint8Array;
}

/** The most octets a head may have, its blank line included: what lighttpd allows, the most generous that bounds it. */
export const defaultMaxHeadOctets = 65_536;

/**
 * Reads a head that comes in any pieces. Lines end with CRLF or a bare LF, `Status` stands anywhere in any case, and
 * an `HTTP/1.x` status line in front is taken for it. Nothing is judged before the blank line has come, so the same
 * octets give the same head or error however they are split.
 */
export class ResponseHeadReader {
  readonly #maxHeadOctets: number;
  /** What came before the current chunk; its capacity doubles, so gathering costs linear time. */
  #gathered: Uint8Array | undefined;
  #gatheredOctets = 0;
  /** Octets of the unfinished line so far, and whether they are just a CR. */
  #lineOctets = 0;
  #lineIsReturn = false;

  constructor(maxHeadOctets: number = defaultMaxHeadOctets) {
    this.#maxHeadOctets = maxHeadOctets;
  }

  /**
   * Takes the next octets of the answer; gives the head once its blank line is among them. Not to be called again
   * after that: what follows is the body.
   * @throws LimitExceededError ERR_LIMIT_HEAD when the head is longer than allowed
   * @throws RemoteProtocolError ERR_CGI_HEAD when it is not one
   */
  receive(octets: Uint8Array): ResponseHead | undefined {
    let lineStart = 0;
    for (;;) {
      const end = octets.indexOf(lineFeed, lineStart);
      const length = (end === -1 ? octets.length : end) - lineStart + this.#lineOctets;
      const isReturn =
        length === 1 && (this.#lineOctets === 1 ? this.#lineIsReturn : octets[lineStart] === carriageReturn);
      if (end === -1) {
        this.#lineOctets = length;
        this.#lineIsReturn = isReturn;
        this.#gather(octets);
        return undefined;
      }
      this.#lineOctets = 0;
      if (length === 0 || isReturn) {
        const last = end + 1;
        return parseHead(this.#whole(octets.subarray(0, last)), octets.subarray(last));
      }
      lineStart = end + 1;
    }
  }

  /**
   * The answer ended before its head did.
   * @throws RemoteProtocolError ERR_CGI_HEAD, always
   */
  receiveEnd(): never {
    throw headError(
      this.#gatheredOctets === 0
        ? "the answer is empty; expected header lines and a blank line"
        : `the answer ended after ${this.#gatheredOctets} octets without the blank line that ends its head`,
    );
  }

  #whole(octets: Uint8Array): Uint8Array {
    if (this.#gathered === undefined) {
      this.#bound(octets.length);
      return octets;
    }
    this.#gather(octets);
    return this.#gathered.subarray(0, this.#gatheredOctets);
  }

  #gather(octets: Uint8Array): void {
    const total = this.#gatheredOctets + octets.length;
    this.#bound(total);
    if (this.#gathered === undefined || total > this.#gathered.length) {
      const grown = new Uint8Array(Math.max(512, 2 * total));
      if (this.#gathered !== undefined) grown.set(this.#gathered.subarray(0, this.#gatheredOctets));
      this.#gathered = grown;
    }
    this.#gathered.set(octets, this.#gatheredOctets);
    this.#gatheredOctets = total;
  }

  #bound(octets: number): void {
    if (octets <= this.#maxHeadOctets) return;
    throw new LimitExceededError(
      "ERR_LIMIT_HEAD",
      "maxHeadOctets",
      this.#maxHeadOctets,
      octets,
      `the head of the answer has ${octets} octets or more; expected at most ${this.#maxHeadOctets}`,
    );
  }
}

function parseHead(octets: Uint8Array, rest: Uint8Array): ResponseHead {
  const headers: HeaderPair[] = [];
  let status: Status | undefined;
  let fromStatusLine: Status | undefined;
  let hasLocation = false;
  const text = decodeLatin1(octets);
  for (
    let start = 0, end = text.indexOf("\n");
    end !== -1;
    start = end + 1, end = text.indexOf("\n", start)
  ) {
    const line = text.slice(
      start,
      text.charCodeAt(end - 1) === carriageReturn && end > start ? end - 1 : end,
    );
    if (line === "") break;
    // A header has no "/" in its name, so this can be nothing else.
    if (start === 0 && line.startsWith("HTTP/")) {
      fromStatusLine = parseStatus(line, statusLinePattern);
      continue;
    }
    const pair = parseLine(line);
    const name = pair[0].toLowerCase();
    if (name !== "status") {
      hasLocation ||= name === "location";
      headers.push(pair);
      continue;
    }
    const next = parseStatus(pair[1], statusPattern);
    if (status !== undefined && status.code !== next.code) {
      throw headError(`two Status headers, ${status.code} and ${next.code}, disagree`);
    }
    status ??= next;
  }
  status ??= fromStatusLine ?? (hasLocation ? { code: 302, reason: "Found" } : { code: 200, reason: "OK" });
  return { status: status.code, reason: status.reason, headers, rest };
}

interface Status {
  readonly code: number;
  readonly reason: string;
}

const statusPattern = /^(\d{3})(?:[ \t]+(.*))?$/;
const statusLinePattern = /^HTTP\/\d\.\d (\d{3})(?: (.*))?$/;
/** RFC 9110 section 5.6.2. */
const tokenPattern = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
// oxlint-disable-next-line no-control-regex -- finding them is what it is for
const controlPattern = /[\x00-\x08\x0a-\x1f\x7f]/;

function parseStatus(text: string, pattern: RegExp): Status {
  const match = pattern.exec(text);
  const code = Number(match?.[1]);
  if (match === null || controlPattern.test(text)) {
    throw headError(
      `the status ${quoted(text)} is none; expected three digits and a reason, such as "200 OK"`,
    );
  }
  // An interim head would be followed by another one, which nothing on this wire can tell from a body (H8, W8).
  if (code < 200) throw headError(`status ${code} came; expected a final one, 200 to 999`);
  return { code, reason: match[2]?.trim() ?? "" };
}

function parseLine(line: string): HeaderPair {
  if (line.startsWith(" ") || line.startsWith("\t")) throw headError(`the line ${quoted(line)} is folded`);
  const colon = line.indexOf(":");
  if (colon === -1) throw headError(`the line ${quoted(line)} has no colon`);
  const name = line.slice(0, colon);
  if (!tokenPattern.test(name)) throw headError(`the header name ${quoted(name)} is no token`);
  if (controlPattern.test(line)) throw headError(`the value of ${name} holds a control character`);
  return [name, trimBlanks(line, colon + 1)];
}

/** The text from `start` without the blanks and tabs around it; a regular expression would be quadratic here. */
function trimBlanks(text: string, start: number): string {
  let end = text.length;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 32 || code === 9;
}

/** TextDecoder's latin1 is windows-1252 and would turn 0x80 to 0x9F into other characters. */
function decodeLatin1(octets: Uint8Array): string {
  let text = "";
  // In pieces: each octet becomes an argument, and arguments live on the stack.
  for (let at = 0; at < octets.length; at += 4_096) {
    text += String.fromCharCode(...octets.subarray(at, at + 4_096));
  }
  return text;
}

function headError(message: string): RemoteProtocolError {
  return new RemoteProtocolError("ERR_CGI_HEAD", `malformed response head: ${message}`);
}
