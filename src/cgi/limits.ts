/**
 * Every bound of a CGI run, with its default and the reason for it. docs/limits.md is checked against this table.
 * @module
 */
export interface CgiLimits {
  /** Octets of a request body; 413 beyond. Default Infinity: the web server has a limit of its own. */
  readonly maxBodyOctets: number;
  /** Octets of body that wait for the application before standard input is left unread. Default 64 KiB. */
  readonly bodyHighWaterOctets: number;
  /** Octets of answer that wait for the web server before the application is made to wait. Default 256 KiB. */
  readonly answerHighWaterOctets: number;
  /**
   * Octets of body that are read ahead of the application while the web server does not take the answer: Apache's
   * mod_cgid takes none before it has sent the whole body, so that a script which answers while it reads would wait for
   * it, and it for the script. Default 64 MiB.
   */
  readonly maxReadAheadOctets: number;
  /** Octets of an unread upload that are read and dropped after an early answer. Default 64 MiB. */
  readonly maxDiscardOctets: number;
  /** How long an answered script waits for more of an unread upload before it ends, in ms. Default 200. */
  readonly discardIdleMs: number;
}

export const cgiLimits: CgiLimits = {
  maxBodyOctets: Number.POSITIVE_INFINITY,
  bodyHighWaterOctets: 65_536,
  answerHighWaterOctets: 262_144,
  maxReadAheadOctets: 67_108_864,
  maxDiscardOctets: 67_108_864,
  discardIdleMs: 200,
};
