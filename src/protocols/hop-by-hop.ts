/**
 * Header fields that belong to one connection and not to a message: RFC 9110 section 7.6.1.
 * @module
 */

/** In lower case. `trailer` is the field of RFC 9110; `trailers` is what wsgiref, and RFC 2616 in one place, call it. */
export const hopByHopNames: readonly string[] = [
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "trailers",
  "transfer-encoding",
  "upgrade",
];
