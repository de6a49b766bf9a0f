/**
 * Lines of an access log: the format directives of Apache's mod_log_config, compiled once, and JSON.
 *
 * It writes nowhere and knows neither middleware nor server. Nothing that a request brings can end a line, move a
 * terminal's cursor or close a quoted field: C0, DEL, octets from 0x80, `"` and `\` are escaped (security O5).
 * @module
 */
import { ConfigurationError } from "../errors/index.ts";
import { quoted } from "../protocols/quoted.ts";
import { encodePath } from "./request-uri.ts";
import type { HeaderList } from "./types.ts";

/** One answered request. */
export interface AccessLogEntry {
  /** The request's environ, as the application was given it. */
  readonly environ: Readonly<Record<string, unknown>>;
  /** The status with its reason, `200 OK`. */
  readonly status: string;
  /** The response headers that the application gave. */
  readonly headers: Readonly<HeaderList>;
  /** Octets of the body that were handed over; 0 where an answer has none (HEAD, 204, 304). */
  readonly octets: number;
  /** When the request came: milliseconds since 1970. */
  readonly startedAt: number;
  /** From then to the end of the answer, in ms with fractions. */
  readonly durationMs: number;
  /** The answer did not get to its end: the client has gone, or the application failed. */
  readonly aborted: boolean;
  /** Who was authenticated, where that was found out inside the application; else REMOTE_USER counts. */
  readonly user?: string | undefined;
}

/** Makes one line, without a line end. */
export type AccessLogFormatter = (entry: AccessLogEntry) => string;

const common = '%h %l %u %t "%r" %>s %b';

/** Formats that have a name. In both a last field `aborted` marks an answer that did not get to its end. */
const accessLogFormats: Readonly<Record<"common" | "combined", string>> = {
  common,
  combined: `${common} "%{Referer}i" "%{User-Agent}i"`,
};

/**
 * Compiles a format: `common`, `combined`, `json`, or text with directives (docs: "accessLog").
 * @throws ConfigurationError ERR_CONFIG_OPTION: a directive that there is not
 */
export function compileAccessLogFormat(format: string): AccessLogFormatter {
  if (format === "json") return formatJson;
  if (format !== "common" && format !== "combined") return joined(parse(format));
  const line = joined(parse(accessLogFormats[format]));
  return (entry) => (entry.aborted ? `${line(entry)} aborted` : line(entry));
}

/** A fixed text, or what makes a field of an entry. */
type Piece = string | ((entry: AccessLogEntry) => string);

function joined(pieces: readonly Piece[]): AccessLogFormatter {
  return (entry) => {
    let line = "";
    for (const piece of pieces) line += typeof piece === "string" ? piece : piece(entry);
    return line;
  };
}

/** `%`, then conditions on the status, `<` or `>`, an argument, a letter. */
const directive = /%(?:(!?)(\d{3}(?:,\d{3})*))?[<>]?(?:\{([^}]*)\})?(.)?/gs;

function parse(format: string): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  for (const match of format.matchAll(directive)) {
    if (match.index > at) pieces.push(format.slice(at, match.index));
    at = match.index + match[0].length;
    const [text, not, statuses, argument, letter = ""] = match;
    if (letter === "%") {
      pieces.push("%");
      continue;
    }
    const make = fieldOf(letter, argument, text);
    if (statuses === undefined) pieces.push(make);
    else pieces.push(conditional(make, new Set(statuses.split(",")), not === "!"));
  }
  if (at < format.length) pieces.push(format.slice(at));
  return pieces;
}

type Field = (entry: AccessLogEntry) => string;

function conditional(field: Field, statuses: ReadonlySet<string>, negated: boolean): Field {
  return (entry) => (statuses.has(codeOf(entry)) === negated ? "-" : field(entry));
}

/** Fields without an argument. */
const plainFields: Readonly<Record<string, Field>> = {
  h: variable("REMOTE_ADDR"),
  a: variable("REMOTE_ADDR"),
  A: variable("SERVER_ADDR"),
  l: () => "-",
  u: userOf,
  t: ({ startedAt }) => clfTime(startedAt),
  r: ({ environ }) =>
    `${textOf(environ.REQUEST_METHOD)} ${targetOf(environ)} ${textOf(environ.SERVER_PROTOCOL)}`,
  s: codeOf,
  b: ({ octets }) => (octets === 0 ? "-" : String(octets)),
  B: ({ octets }) => String(octets),
  D: ({ durationMs }) => String(Math.round(durationMs * 1_000)),
  T: ({ durationMs }) => String(Math.floor(durationMs / 1_000)),
  m: variable("REQUEST_METHOD"),
  U: ({ environ }) => escapeField(pathOf(environ)) || "-",
  q: ({ environ }) => {
    const query = nativeText(environ.QUERY_STRING);
    return query === "" ? "" : `?${escapeField(query)}`;
  },
  H: variable("SERVER_PROTOCOL"),
  v: variable("SERVER_NAME"),
  V: ({ environ }) => textOf(environ.HTTP_HOST, environ.SERVER_NAME),
  p: variable("SERVER_PORT"),
  P: () => String(process.pid),
  X: ({ aborted }) => (aborted ? "X" : "-"),
};

function fieldOf(letter: string, argument: string | undefined, text: string): Field {
  const plain =
    argument === undefined && Object.hasOwn(plainFields, letter) ? plainFields[letter] : undefined;
  const field = plain ?? (argument === undefined ? undefined : argumentField(letter, argument));
  if (field !== undefined) return field;
  throw new ConfigurationError(
    "ERR_CONFIG_OPTION",
    `the access log format has ${quoted(text)}, which is no directive; expected one of ` +
      `%${Object.keys(plainFields).join(" %")}, %{Name}i (request header), %{Name}o (response header), ` +
      "%{NAME}e (environ), %{name}C (cookie), %{sec|msec|usec|iso}t, %{s|ms|us}T, or %% for a percent sign",
  );
}

/** Fields that take `{...}`. */
function argumentField(letter: string, argument: string): Field | undefined {
  switch (letter) {
    case "i":
      return requestHeader(argument);
    case "e":
      return variable(argument);
    case "o": {
      const name = argument.toLowerCase();
      return ({ headers }) => {
        const values = headers.filter((pair) => pair[0].toLowerCase() === name).map((pair) => pair[1]);
        return values.length === 0 ? "-" : escapeField(values.join(", "));
      };
    }
    case "C":
      return ({ environ }) => textOf(cookieOf(nativeText(environ.HTTP_COOKIE), argument));
    case "t":
      return timeFields[argument];
    case "T":
      return durationFields[argument];
    default:
      return undefined;
  }
}

const timeFields: Readonly<Record<string, Field | undefined>> = {
  __proto__: null as never,
  sec: ({ startedAt }) => String(Math.floor(startedAt / 1_000)),
  msec: ({ startedAt }) => String(Math.floor(startedAt)),
  usec: ({ startedAt }) => String(Math.floor(startedAt * 1_000)),
  iso: ({ startedAt }) => new Date(startedAt).toISOString(),
};

const durationFields: Readonly<Record<string, Field | undefined>> = {
  __proto__: null as never,
  s: ({ durationMs }) => String(Math.floor(durationMs / 1_000)),
  ms: ({ durationMs }) => String(Math.floor(durationMs)),
  us: ({ durationMs }) => String(Math.round(durationMs * 1_000)),
};

/** A request header, by RFC 3875 section 4.1.18: one that is there and empty is no "-" for Apache either. */
function requestHeader(name: string): Field {
  const variableName = name.toUpperCase().replaceAll("-", "_");
  // These two have variables of their own, which web servers also send empty for headers that did not come.
  if (variableName === "CONTENT_TYPE" || variableName === "CONTENT_LENGTH") return variable(variableName);
  const key = `HTTP_${variableName}`;
  return ({ environ }) => {
    const value = environ[key];
    return typeof value === "string" ? escapeField(value) : "-";
  };
}

function cookieOf(header: string, name: string): string | undefined {
  for (const pair of header.split(";")) {
    const equals = pair.indexOf("=");
    if (equals !== -1 && pair.slice(0, equals).trim() === name) return pair.slice(equals + 1).trim();
  }
  return undefined;
}

function variable(name: string): Field {
  return ({ environ }) => textOf(environ[name]);
}

function codeOf({ status }: AccessLogEntry): string {
  return status.slice(0, 3);
}

/** A user's name is the one field outside of quotes that may hold a space. */
function userOf({ user, environ }: AccessLogEntry): string {
  return textOf(user, environ.REMOTE_USER).replaceAll(" ", "\\x20");
}

/** The first of `values` that is a text with something in it, escaped; "-" without one. */
function textOf(...values: readonly unknown[]): string {
  for (const value of values) {
    if (typeof value === "string" && value !== "") return escapeField(value);
  }
  return "-";
}

function nativeText(value: unknown): string {
  return typeof value === "string" ? value : "";
}

type Variables = AccessLogEntry["environ"];

/** What was asked for: as the client wrote it, else put together from the path. */
function targetOf(environ: Variables): string {
  const sent = nativeText(environ.REQUEST_URI);
  if (sent !== "") return escapeField(sent);
  const query = nativeText(environ.QUERY_STRING);
  return escapeField(`${encodePath(pathOf(environ))}${query === "" ? "" : `?${query}`}`) || "-";
}

function pathOf(environ: Variables): string {
  return nativeText(environ.SCRIPT_NAME) + nativeText(environ.PATH_INFO);
}

// oxlint-disable-next-line no-control-regex
const unsafe = /[\0-\x1f"\\\x7f-\uffff]/;
// oxlint-disable-next-line no-control-regex
const allUnsafe = /[\0-\x1f"\\\x7f-\uffff]/g;

/** As Apache writes them: `\"`, `\\`, `\xhh` for an octet that is no printable ASCII. */
function escapeField(text: string): string {
  if (!unsafe.test(text)) return text;
  return text.replace(allUnsafe, (character) => {
    const code = character.charCodeAt(0);
    if (character === '"' || character === "\\") return `\\${character}`;
    return code > 0xff
      ? `\\u${code.toString(16).padStart(4, "0")}`
      : `\\x${code.toString(16).padStart(2, "0")}`;
  });
}

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const twoDigits = (value: number): string => (value < 10 ? `0${value}` : String(value));

/** One second's text: all lines of a busy second share it. */
let clfSecond = NaN;
let clfText = "";

/** `[21/Nov/2026:11:49:32 +0000]`, in the process's time zone. */
function clfTime(time: number): string {
  const second = Math.floor(time / 1_000);
  if (second === clfSecond) return clfText;
  const date = new Date(time);
  const offset = -date.getTimezoneOffset();
  const zone = `${offset < 0 ? "-" : "+"}${twoDigits(Math.floor(Math.abs(offset) / 60))}${twoDigits(Math.abs(offset) % 60)}`;
  const day = `${twoDigits(date.getDate())}/${months[date.getMonth()]}/${date.getFullYear()}`;
  const clock = `${twoDigits(date.getHours())}:${twoDigits(date.getMinutes())}:${twoDigits(date.getSeconds())}`;
  clfText = `[${day}:${clock} ${zone}]`;
  clfSecond = second;
  return clfText;
}

/** One object a line. What an answer or a request does not have is left out; what is no ASCII is `\u00hh` an octet. */
function formatJson(entry: AccessLogEntry): string {
  const { environ, status, octets, startedAt, durationMs, aborted, user } = entry;
  const given = (value: unknown): string | undefined =>
    typeof value === "string" && value !== "" ? value : undefined;
  const query = given(environ.QUERY_STRING);
  const text = JSON.stringify({
    time: new Date(startedAt).toISOString(),
    remoteAddress: given(environ.REMOTE_ADDR),
    user: given(user) ?? given(environ.REMOTE_USER),
    method: given(environ.REQUEST_METHOD),
    target:
      given(environ.REQUEST_URI) ?? `${encodePath(pathOf(environ))}${query === undefined ? "" : `?${query}`}`,
    protocol: given(environ.SERVER_PROTOCOL),
    host: given(environ.HTTP_HOST) ?? given(environ.SERVER_NAME),
    status: Number(status.slice(0, 3)),
    octets,
    durationMs: Math.round(durationMs * 1_000) / 1_000,
    aborted,
    referer: given(environ.HTTP_REFERER),
    userAgent: given(environ.HTTP_USER_AGENT),
  });
  return text.replace(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
