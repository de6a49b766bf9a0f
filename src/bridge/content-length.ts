/**
 * What CONTENT_LENGTH means: RFC 3875 section 4.1.2, and what real web servers put there besides.
 * @module
 */
import { RemoteProtocolError } from "../errors/index.ts";
import { quoted } from "./quoted.ts";

/**
 * The octets of the body as declared, or undefined when nobody knows: absent, "" (nginx without a body, or with a
 * chunked one it passes on unbuffered) and "-1" (Caddy before 2.10 with a chunked body).
 * @throws RemoteProtocolError ERR_REQUEST_CONTENT_LENGTH: no plain decimal ("+1", "1,1", "0x5", "1_0"), or past 2^53-1
 */
export function parseContentLength(value: string | undefined): number | undefined {
  if (value === undefined || value === "" || value === "-1") return undefined;
  const octets = plainDecimal(value);
  if (octets !== undefined) return octets;
  throw new RemoteProtocolError(
    "ERR_REQUEST_CONTENT_LENGTH",
    `CONTENT_LENGTH is ${quoted(value)}; expected decimal digits up to 9007199254740991, "" or "-1"`,
  );
}

/**
 * The length that an SCGI request really has. nginx before 1.29.6 with `scgi_request_buffering off` sends as
 * CONTENT_LENGTH only what it had read by then; the client's own header, HTTP_CONTENT_LENGTH, has the whole.
 * Other web servers let a client's `Content_Length` header through as HTTP_CONTENT_LENGTH (lighttpd, Caddy), so the
 * header counts only where nginx names itself, or where nobody does (nginx without its stock scgi_params).
 */
export function scgiContentLength(
  declared: number | undefined,
  header: string | undefined,
  serverSoftware: string | undefined,
): number | undefined {
  if (declared === undefined || header === undefined) return declared;
  if (serverSoftware !== undefined && !serverSoftware.startsWith("nginx")) return declared;
  const whole = plainDecimal(header);
  return whole !== undefined && whole > declared ? whole : declared;
}

/** The number that `text` writes in plain digits, or undefined when it is something else or not exact in a double. */
function plainDecimal(text: string): number | undefined {
  if (text.length === 0) return undefined;
  let number = 0;
  for (let i = 0; i < text.length; i += 1) {
    const digit = text.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return undefined;
    number = number * 10 + digit;
    if (number > Number.MAX_SAFE_INTEGER) return undefined;
  }
  return number;
}
