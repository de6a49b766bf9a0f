/**
 * The bounds of the SCGI application side, each with its reason. docs/limits.md is checked against this table.
 * @module
 */
export interface ScgiLimits {
  /**
   * Octets of headers in one request: the number that the netstring begins with. Default 1 MiB: nginx sends all that
   * a client sent, 80 KiB as recorded; nothing real comes near a megabyte.
   */
  readonly maxParamsOctets: number;
  /** Headers in one request. Default 10,000: a header of one octet costs four on the wire, far more here. */
  readonly maxParams: number;
}

export const scgiLimits: ScgiLimits = {
  maxParamsOctets: 1_048_576,
  maxParams: 10_000,
};
