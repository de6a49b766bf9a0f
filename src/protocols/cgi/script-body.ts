/**
 * How much of standard input is the request's body.
 *
 * Standard input need not end where the body does (RFC 3875 section 4.2), so nothing is read that was not announced.
 * Apache's mod_cgi and mod_cgid pass a chunked body decoded, without CONTENT_LENGTH, up to the end of the stream.
 * @module
 */

/** What is known of a body before it is read: its octets, 0 for none, undefined for up to the end of the stream. */
export function scriptBodyLength(variables: {
  readonly CONTENT_LENGTH?: string | undefined;
  readonly HTTP_TRANSFER_ENCODING?: string | undefined;
  readonly REQUEST_METHOD?: string | undefined;
}): number | undefined {
  const {
    CONTENT_LENGTH: length = "",
    HTTP_TRANSFER_ENCODING: coding = "",
    REQUEST_METHOD = "GET",
  } = variables;
  if (coding !== "" && length === "") return undefined;
  // Caddy's word for a length that is not known.
  if (length === "-1") return undefined;
  if (length !== "") return Number(length);
  // Methods that carry no body as a rule: a standard input that somebody left open must not hold them up.
  return bodiless.has(REQUEST_METHOD) ? 0 : undefined;
}

const bodiless: ReadonlySet<string> = new Set(["GET", "HEAD", "DELETE", "OPTIONS", "TRACE"]);
