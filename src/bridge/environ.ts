/**
 * The shared environ builder: from a request's parameters, whatever protocol carried them, to the environ.
 *
 * Not a validator of requests: what a web server may send is taken as sent, save what must be answered 400.
 * PEP 3333 "environ Variables", RFC 3875 section 4.1; docs/environ.md lists every key, docs/flup-parity.md every
 * difference from flup.
 * @module
 */
import { RemoteProtocolError } from "../errors/index.ts";
import { scgiContentLength } from "../protocols/content-length.ts";
import type { ParamsBlock } from "../protocols/params-block.ts";
import { parseContentLength, unknownScgiLength } from "./content-length.ts";
import { mergeDuplicateParam } from "./duplicate-params.ts";
import { defineExtraPairs, defineKey, isReservedName } from "./environ-keys.ts";
import { newEnviron, type EnvironShapeOptions } from "./environ-shape.ts";
import { paramNameIndex, paramNames } from "./param-names.ts";
import { derivePathInfo, parseScriptName, pathUnderMount } from "./path-split.ts";
import { quoted } from "../protocols/quoted.ts";
import { keepName, recentName } from "./recent-names.ts";
import { decodePath, splitRequestUri } from "./request-uri.ts";
import { toBuffer } from "./to-buffer.ts";
import type { Environ, InputStream, ProtocolName } from "./types.ts";

/** What the environ needs besides the parameters. */
export interface EnvironOptions extends EnvironShapeOptions {
  /** Unset: SCRIPT_NAME and PATH_INFO as sent. "" or "/app": SCRIPT_NAME + PATH_INFO is split again at this mount. */
  readonly scriptName?: string | undefined;
  /** Pairs put over the web server's variables (PEP 3333 S97); names in `wsgi.` and `tsgi.` are left out. */
  readonly environ?: Readonly<Record<string, string>> | undefined;
  /** FCGI_DATA of a Filter. */
  readonly data?: InputStream | undefined;
}

/** What `buildEnviron` found. */
export interface EnvironResult {
  /** A plain object, made for this request alone. */
  readonly environ: Environ;
  /** Octets of the body as declared; undefined when unknown: read to the end of the stream. */
  readonly contentLength: number | undefined;
  /** Lines for `wsgi.errors` and the log, without line ends; usually the shared empty list. */
  readonly warnings: readonly string[];
}

/** The environ while it is being built: what is not yet known is undefined. */
type Draft = Record<string, string | undefined>;

const noWarnings: readonly string[] = Object.freeze([]);

/**
 * Builds the environ of one request. The block is read before this returns, so it need not outlive the call.
 * @throws RemoteProtocolError ERR_REQUEST_PARAMS, ERR_REQUEST_CONTENT_LENGTH, ERR_REQUEST_URI: answer 400
 * @throws ConfigurationError ERR_CONFIG_OPTION: `scriptName` or `environ` cannot be used
 */
export function buildEnviron(params: ParamsBlock, options: EnvironOptions): EnvironResult {
  const environ = newEnviron(options);
  const draft = environ as unknown as Draft;
  addParams(draft, params);
  // Of what the web server sent: it must be the number by which the codec ends an SCGI body.
  const contentLength = addContentLength(draft, options.protocol);
  if (options.environ !== undefined) defineExtraPairs(draft, options.environ);
  const isHttps = saysHttps(draft.HTTPS);
  if (isHttps) environ["wsgi.url_scheme"] = "https";
  const missing = addDefaults(draft, isHttps);
  const mismatch = addPaths(draft, options.scriptName);
  const complete = environ as unknown as Environ;
  if (options.data !== undefined) complete["tsgi.data"] = options.data;
  return { environ: complete, contentLength, warnings: warningsOf(missing, mismatch, options.protocol) };
}

/** For each name of the table, the number of the last request that had it: tells a repeat without a look-up. */
const lastRequestWith = new Float64Array(paramNames.length);
let requestNumber = 0;

/** Puts the parameters into `draft`: one decode of the block, one substring for each value. */
function addParams(draft: Draft, { octets, spans }: ParamsBlock): void {
  if (spans.length === 0) return;
  requestNumber += 1;
  let base = octets.length;
  let limit = 0;
  // The octets may be all that one read of the socket gave; only the parameters' part of them is worth decoding.
  for (let i = 0; i < spans.length; i += 4) {
    if (spans[i]! < base) base = spans[i]!;
    if (spans[i + 3]! > limit) limit = spans[i + 3]!;
  }
  const text = toBuffer(octets).toString("latin1", base, limit);
  let searchedFrom = 0;
  let nul = -1;
  let unusual = 0;
  for (let i = 0; i < spans.length; i += 4) {
    const nameStart = spans[i]!;
    const nameEnd = spans[i + 1]!;
    const valueStart = spans[i + 2]! - base;
    const valueEnd = spans[i + 3]! - base;
    const start = nameStart - base;
    // `nul` is the first NUL at or behind `searchedFrom`: one search over the block in place of two for each pair.
    if (nul < start || start < searchedFrom) {
      nul = text.indexOf("\0", start);
      if (nul === -1) nul = Infinity;
      searchedFrom = start;
    }
    if (nul < valueEnd) refuseNul(text, start, nameEnd - base, valueStart, valueEnd);
    const value = text.substring(valueStart, valueEnd);
    const index = paramNameIndex(octets, nameStart, nameEnd);
    if (index === -1) {
      const recent = recentName(unusual, octets, nameStart, nameEnd);
      if (recent === undefined) {
        const name = text.substring(start, nameEnd - base);
        keepName(unusual, name, addUnusual(draft, name, value), octets, nameStart, nameEnd);
      } else draft[recent] = value;
      unusual += 1;
    } else if (lastRequestWith[index] !== requestNumber) {
      lastRequestWith[index] = requestNumber;
      draft[paramNames[index]!] = value;
    } else {
      const name = paramNames[index]!;
      draft[name] = mergeDuplicateParam(name, draft[name]!, value);
    }
  }
}

/**
 * A parameter whose name is not in the table: any header, but also a name that must not get in, or is inherited.
 * @returns true when it has become a new key
 */
function addUnusual(draft: Draft, name: string, value: string): boolean {
  if (draft[name] === undefined) {
    // H1: what a client sends as "Proxy:" would be read as the proxy to use for outgoing requests.
    if (name === "HTTP_PROXY" || isReservedName(name)) return false;
    draft[name] = value;
    return true;
  }
  if (isReservedName(name)) return false;
  const isRepeat = Object.hasOwn(draft, name);
  defineKey(draft, name, isRepeat ? mergeDuplicateParam(name, draft[name], value) : value);
  return false;
}

/** U3: no name or value holds a NUL; between them it is part of the protocol's own octets. */
function refuseNul(text: string, start: number, nameEnd: number, valueStart: number, valueEnd: number): void {
  const name = text.slice(start, nameEnd);
  if (!name.includes("\0") && !text.slice(valueStart, valueEnd).includes("\0")) return;
  throw new RemoteProtocolError(
    "ERR_REQUEST_PARAMS",
    `the parameter ${quoted(name)} holds a NUL; expected none`,
  );
}

/** https only on the web server's word in HTTPS; REQUEST_SCHEME and X-Forwarded-Proto are not asked (H7). */
function saysHttps(value: string | undefined): boolean {
  if (value === undefined) return false;
  if (value === "on" || value === "1") return true;
  const lower = value.toLowerCase();
  return lower === "on" || lower === "yes";
}

/** Gives the variables that PEP 3333 demands (S17, S23, S24) a value; returns the names of those that were absent. */
function addDefaults(draft: Draft, isHttps: boolean): string[] | undefined {
  if (draft.REQUEST_METHOD && draft.SERVER_NAME && draft.SERVER_PORT && draft.SERVER_PROTOCOL)
    return undefined;
  let missing: string[] | undefined;
  const add = (name: string, value: string): void => {
    if (draft[name]) return;
    // Only what is absent is worth a word: nginx sends SERVER_NAME "" wherever no server_name is set.
    if (draft[name] === undefined) (missing ??= []).push(name);
    draft[name] = value;
  };
  add("REQUEST_METHOD", "GET");
  add("SERVER_NAME", "localhost");
  add("SERVER_PORT", isHttps ? "443" : "80");
  add("SERVER_PROTOCOL", "HTTP/1.0");
  return missing;
}

/** Completes SCRIPT_NAME, PATH_INFO and QUERY_STRING; returns a warning when they do not fit together. */
function addPaths(draft: Draft, mountSetting: string | undefined): string | undefined {
  const uri = draft.REQUEST_URI ?? "";
  const target = uri === "" ? undefined : splitRequestUri(uri, draft.REQUEST_METHOD!);
  const scriptName = (draft.SCRIPT_NAME ??= "");
  let pathInfo = (draft.PATH_INFO ??= "");
  if (!draft.QUERY_STRING) draft.QUERY_STRING = target === undefined ? "" : target.query;
  const rawPath = target === undefined ? "" : target.path;
  if (target !== undefined && uri.charCodeAt(0) !== 47 && isWholeUri(pathInfo, uri)) pathInfo = "";
  if (mountSetting !== undefined) {
    const mount = parseScriptName(mountSetting);
    const sent = scriptName + pathInfo;
    const behind = pathUnderMount(sent, rawPath, mount);
    draft.SCRIPT_NAME = behind === undefined ? "" : mount;
    draft.PATH_INFO = behind ?? (sent === "" ? decodePath(rawPath) : sent);
    if (behind !== undefined) return undefined;
    return `the path ${quoted(draft.PATH_INFO)} is not under scriptName ${quoted(mount)}; PATH_INFO is all of it`;
  }
  if (pathInfo !== "") return undefined;
  const derived = derivePathInfo(rawPath, scriptName);
  draft.PATH_INFO = derived ?? "";
  if (derived !== undefined || rawPath === "") return undefined;
  return `SCRIPT_NAME ${quoted(scriptName)} does not match REQUEST_URI ${quoted(uri)}; PATH_INFO is left empty`;
}

/** h2o puts "/" and all of an absolute-form target, decoded, into PATH_INFO. */
function isWholeUri(pathInfo: string, uri: string): boolean {
  const mark = uri.indexOf("?");
  return uri !== "*" && pathInfo === `/${decodePath(mark === -1 ? uri : uri.slice(0, mark))}`;
}

/** Settles CONTENT_LENGTH and returns it as a number; undefined: unknown. */
function addContentLength(draft: Draft, protocol: ProtocolName): number | undefined {
  const sent = draft.CONTENT_LENGTH;
  const declared = parseContentLength(sent);
  // S29: a length that nobody knows is left out; as "-1" it would be taken for a number.
  if (draft.CONTENT_LENGTH === "-1") delete draft.CONTENT_LENGTH;
  if (protocol !== "scgi") return declared;
  if (declared === undefined && sent !== undefined) throw unknownScgiLength(sent);
  const whole = scgiContentLength(declared, draft.HTTP_CONTENT_LENGTH, draft.SERVER_SOFTWARE);
  if (whole !== declared) draft.CONTENT_LENGTH = String(whole);
  return whole;
}

function warningsOf(
  missing: readonly string[] | undefined,
  mismatch: string | undefined,
  protocol: ProtocolName,
): readonly string[] {
  if (missing === undefined && mismatch === undefined) return noWarnings;
  const warnings = (missing ?? []).map(
    (name) =>
      `missing ${protocol} parameter ${name}, which WSGI requires: a default is used; does the web server's ` +
      `configuration pass its standard parameters (nginx: include fastcgi_params or scgi_params)?`,
  );
  if (mismatch !== undefined) warnings.push(mismatch);
  return warnings;
}
