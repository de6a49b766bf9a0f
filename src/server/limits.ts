/**
 * Every bound of the server, with its default and the reason for it. docs/limits.md is checked against this table.
 * @module
 */
export interface ServerLimits {
  /** Connections open at once. One more gets a 503 and is closed. Default 1,024, what GET_VALUES is told too. */
  readonly maxConnections: number;
  /** Requests open at once on one connection. Default 1, no multiplexing: FastCGI has no flow control for it. */
  readonly maxRequestsPerConnection: number;
  /** Octets of parameters in one request. Default 1 MiB, sixteen times what most web servers can send. */
  readonly maxParamsOctets: number;
  /** Pairs of parameters in one request. Default 10,000. */
  readonly maxParams: number;
  /** Octets of a request body; 413 beyond. Default Infinity: the web server has a limit of its own. */
  readonly maxBodyOctets: number;
  /** Octets of body that wait for the application before the socket is left unread. Default 64 KiB. */
  readonly bodyHighWaterOctets: number;
  /** Octets of answer that wait for the web server before the application is made to wait. Default 256 KiB. */
  readonly answerHighWaterOctets: number;
  /** Octets of an unread upload that are read and dropped after an early answer. Default 64 MiB. */
  readonly maxDiscardOctets: number;
  /** How long an early answer waits for more of an upload before it ends, in ms. Default 200, as nginx needs. */
  readonly discardIdleMs: number;
  /** From a request's first octet, over SCGI from connecting, to the end of its parameters, in ms. Default 10,000. */
  readonly paramsTimeoutMs: number;
  /** How long an unfinished request body may stay silent, in ms. Default 120,000. */
  readonly bodyTimeoutMs: number;
  /** How long an answer may wait for a web server that does not read, in ms. Default 300,000. */
  readonly writeTimeoutMs: number;
  /** From an application's call to the end of its answer, in ms; 504 beyond. Default Infinity: streams may be endless. */
  readonly requestTimeoutMs: number;
  /** How long a kept connection may stay without a request, in ms. Default 600,000: web servers close them first. */
  readonly idleTimeoutMs: number;
  /** Under multiplexing: how long one unread body may hold up the connection's other requests. Default 10,000 ms. */
  readonly stallTimeoutMs: number;
  /** After a TCP peer has ended its side: how long the answer may go on. It may be a half-close. Default 2,000 ms. */
  readonly halfCloseMs: number;
}

export const serverLimits: ServerLimits = {
  maxConnections: 1_024,
  maxRequestsPerConnection: 1,
  maxParamsOctets: 1_048_576,
  maxParams: 10_000,
  maxBodyOctets: Number.POSITIVE_INFINITY,
  bodyHighWaterOctets: 65_536,
  answerHighWaterOctets: 262_144,
  maxDiscardOctets: 67_108_864,
  discardIdleMs: 200,
  paramsTimeoutMs: 10_000,
  bodyTimeoutMs: 120_000,
  writeTimeoutMs: 300_000,
  requestTimeoutMs: Number.POSITIVE_INFINITY,
  idleTimeoutMs: 600_000,
  stallTimeoutMs: 10_000,
  halfCloseMs: 2_000,
};
