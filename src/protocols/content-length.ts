/**
 * Lengths as digits: what is a number, and which number bounds an SCGI body.
 *
 * Shared by the SCGI codec, which ends the body there, and the bridge, which tells the application.
 * @module
 */

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
export function plainDecimal(text: string): number | undefined {
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
