/**
 * The bounds of the FastCGI application side, each with its reason. docs/limits.md is checked against this table.
 * @module
 */
export interface FastcgiLimits {
  /**
   * Octets of PARAMS in one request, names, values and lengths together. Default 1 MiB: Apache and Caddy send more
   * than one 64 KiB record of them when a request has many headers; nothing real comes near a megabyte.
   */
  readonly maxParamsOctets: number;
  /** Pairs in one request. Default 10,000: a pair of two empty strings costs two octets on the wire, far more here. */
  readonly maxParams: number;
  /**
   * Requests open at once on one connection. Default 1: no multiplexing, a second BEGIN_REQUEST is answered
   * CANT_MPX_CONN. HAProxy is the one common web server that multiplexes.
   */
  readonly maxRequests: number;
  /** What GET_VALUES is told as FCGI_MAX_CONNS. Default 1,024, the server's own `maxConnections`. */
  readonly maxConnections: number;
}

export const fastcgiLimits: FastcgiLimits = {
  maxParamsOctets: 1_048_576,
  maxParams: 10_000,
  maxRequests: 1,
  maxConnections: 1_024,
};
