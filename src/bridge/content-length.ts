/**
 * What CONTENT_LENGTH means: RFC 3875 section 4.1.2, and what real web servers put there besides.
 * @module
 */
import { RemoteProtocolError } from "../errors/index.ts";
import { plainDecimal } from "../protocols/content-length.ts";
import { quoted } from "../protocols/quoted.ts";

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

/** The error for an SCGI request whose body has no end: the protocol has no other than CONTENT_LENGTH. */
export function unknownScgiLength(value: string): RemoteProtocolError {
  return new RemoteProtocolError(
    "ERR_REQUEST_CONTENT_LENGTH",
    `CONTENT_LENGTH is ${quoted(value)}; SCGI ends a body by it alone and expects digits`,
  );
}
