/**
 * Every bound of the client, with its default and the reason for it. docs/limits.md is checked against this table.
 * @module
 */
export interface ClientLimits {
  /** Connections to one application open at once. Default 64: far below the 1,024 that the server allows. */
  readonly maxConnections: number;
  /** Connections kept open without a request. Default 16: a burst's connections need not outlive it. */
  readonly maxIdleConnections: number;
  /** Requests that wait for a connection; one more is refused. Default 1,024. */
  readonly maxQueuedRequests: number;
  /** How long connecting may take, in ms. Default 10,000; nginx's 60 s is longer than a user waits. */
  readonly connectTimeoutMs: number;
  /** How long the application may be silent while it is its turn, in ms. Default 60,000, as nginx has it. */
  readonly readTimeoutMs: number;
  /** How long a connection is kept without a request, in ms. Default 60,000: a tenth of what the server allows. */
  readonly idleTimeoutMs: number;
  /** Octets of an answer's head. Default 64 KiB: what lighttpd allows. */
  readonly maxHeadOctets: number;
  /** Octets of an answer that wait for their reader before the socket is left unread. Default 128 KiB. */
  readonly answerHighWaterOctets: number;
  /**
   * Octets of a request that wait for the socket before its body is left unread. Default 128 KiB:
   * two blocks, so that one is filled while the other is written.
   */
  readonly uploadHighWaterOctets: number;
  /** SCGI: octets of a body of unknown length that are gathered to be counted; one with more is refused. Default 1 MiB. */
  readonly maxUnsizedBodyOctets: number;
}

export const clientLimits: ClientLimits = {
  maxConnections: 64,
  maxIdleConnections: 16,
  maxQueuedRequests: 1_024,
  connectTimeoutMs: 10_000,
  readTimeoutMs: 60_000,
  idleTimeoutMs: 60_000,
  maxHeadOctets: 65_536,
  answerHighWaterOctets: 131_072,
  uploadHighWaterOctets: 131_072,
  maxUnsizedBodyOctets: 1_048_576,
};
