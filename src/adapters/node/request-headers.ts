/**
 * The request headers as node:http has them, from the variables of the environ.
 *
 * RFC 3875 section 4.1.18 turns names into variables and loses their case and the difference between "-" and "_"; what
 * comes back is the usual spelling in lower case. Node's own `_addHeaderLine` makes `headers` from this list.
 * @module
 */
import { headerNameOf, type Environ } from "../../bridge/index.ts";

/** Names found before: what web servers send again and again. Bounded, since clients choose header names. */
const knownNames = new Map<string, string>();
const maxKnownNames = 256;

/** Methods whose requests have a body as a rule: RFC 9110 section 9.3. */
const methodsWithBody: ReadonlySet<string> = new Set(["POST", "PUT", "PATCH"]);

/**
 * Whether a body may come: it has a length other than 0, or none was declared and the method or a Transfer-Encoding
 * speaks for one.
 */
export function mayHaveBody(environ: Environ): boolean {
  const length = environ.CONTENT_LENGTH;
  if (length !== undefined && length !== "") return length !== "0";
  return methodsWithBody.has(environ.REQUEST_METHOD) || environ["HTTP_TRANSFER_ENCODING"] !== undefined;
}

/** Names in lower case and values in turn, in the order of the environ. */
export function rawHeaders(environ: Environ, hasBody: boolean): string[] {
  const raw: string[] = [];
  const { CONTENT_TYPE: type, CONTENT_LENGTH: length } = environ;
  if (typeof type === "string" && type !== "") raw.push("content-type", type);
  if (typeof length === "string" && length !== "") raw.push("content-length", length);
  // The body comes decoded and its length is not known: that is what a listener knows this header for.
  else if (hasBody) raw.push("transfer-encoding", "chunked");
  for (const variable in environ) {
    if (
      variable.charCodeAt(4) !== 95 ||
      variable.charCodeAt(0) !== 72 ||
      variable.charCodeAt(1) !== 84 ||
      variable.charCodeAt(2) !== 84 ||
      variable.charCodeAt(3) !== 80
    )
      continue;
    const value = environ[variable];
    if (typeof value !== "string") continue;
    const name = knownNames.get(variable) ?? headerName(variable);
    if (name !== "") raw.push(name, value);
  }
  return raw;
}

/** As every adapter has it, without transfer codings: they are the web server's affair. */
function headerName(variable: string): string {
  const name = variable === "HTTP_TRANSFER_ENCODING" ? "" : headerNameOf(variable);
  if (knownNames.size < maxKnownNames && variable.length <= 40) knownNames.set(variable, name);
  return name;
}
