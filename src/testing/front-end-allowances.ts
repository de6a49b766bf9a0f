/**
 * What web servers change between a client and a gateway, as data with the reason. No gateway can undo it.
 *
 * Measured with nginx 1.22, Apache 2.4.71, mod_fcgid 2.3.9, lighttpd 1.4.69, Caddy 2.6.2, HAProxy 2.6.12,
 * h2o 2.2.5 and libfcgi's cgi-fcgi 2.4.2, with the
 * example configurations of this project.
 * @module
 */
import type { Allowance } from "./conformance-cases/index.ts";

/** A web server, or a way of one, that has allowances. */
export type FrontEndName =
  | "nginx"
  | "apacheProxy"
  | "nginxScgi"
  | "apacheScgi"
  | "apacheFcgid"
  | "cgiFcgi"
  | "apacheCgi"
  | "lighttpdCgi"
  | "lighttpd"
  | "caddy"
  | "haproxy"
  | "h2o";

const cookiesJoinedWithCommas: Allowance = {
  cases: ["header-cookies"],
  reason: "joins two Cookie lines with a comma before a gateway sees them; browsers send one line",
  environ: { HTTP_COOKIE: "a=1, b=2" },
};

const droppedLength: Allowance = {
  cases: ["answer-head", "answer-length"],
  reason: "Apache drops the Content-Length of mod_proxy_fcgi, mod_proxy_scgi and mod_cgid, and sends chunks",
  answer: { headers: {} },
};

const freshProcess: Allowance = {
  cases: ["answer-live"],
  reason: "each CGI request is a process of its own, so that no second request can release the first",
  leftOut: true,
};

export const frontEndAllowances: Readonly<Record<FrontEndName, readonly Allowance[]>> = {
  nginx: [],
  apacheProxy: [cookiesJoinedWithCommas, droppedLength],
  nginxScgi: [
    {
      cases: ["answer-live"],
      reason: 'nginx holds small SCGI answers back, without "scgi_buffering off" or "X-Accel-Buffering: no"',
      leftOut: true,
    },
  ],
  apacheScgi: [
    cookiesJoinedWithCommas,
    droppedLength,
    {
      cases: ["chunked-0", "chunked-1", "chunked-64k", "chunked-1m"],
      reason: "mod_proxy_scgi answers 411 to a body of undeclared length, which SCGI cannot carry",
      leftOut: true,
    },
  ],
  apacheFcgid: [
    cookiesJoinedWithCommas,
    {
      cases: ["answer-live"],
      reason: "mod_fcgid holds an answer back until 64 KiB have come or it has ended",
      leftOut: true,
    },
    {
      cases: ["breaks-off"],
      reason:
        "mod_fcgid ends an answer of which it has sent some as if it were whole, whatever the gateway does; " +
        "only a Content-Length shows the client that it is not",
      answer: { ends: "whole" },
    },
  ],
  cgiFcgi: [
    cookiesJoinedWithCommas,
    droppedLength,
    {
      cases: ["chunked-1", "chunked-64k", "chunked-1m"],
      reason:
        "cgi-fcgi passes on as much body as CONTENT_LENGTH says, and mod_cgid gives none for a chunked body",
      leftOut: true,
    },
    {
      cases: ["breaks-off", "breaks-off-small", "breaks-off-declared"],
      reason:
        "cgi-fcgi ends as ever when an answer breaks off, and Apache takes the end of a program for the answer's",
      answer: { ends: "whole" },
    },
  ],
  apacheCgi: [
    cookiesJoinedWithCommas,
    droppedLength,
    freshProcess,
    {
      cases: ["breaks-off", "breaks-off-small", "breaks-off-declared"],
      reason:
        "mod_cgid takes the end of the program, with whatever status, for the answer's, and drops its length",
      answer: { ends: "whole" },
    },
  ],
  lighttpdCgi: [
    freshProcess,
    {
      cases: ["breaks-off", "breaks-off-small"],
      reason:
        "mod_cgi takes the end of the program, with whatever status, for the answer's, unless its length says more",
      answer: { ends: "whole" },
    },
  ],
  lighttpd: [],
  caddy: [
    cookiesJoinedWithCommas,
    {
      cases: ["breaks-off", "breaks-off-small"],
      reason:
        'Caddy 2.6 logs "aborting with incomplete response" and ends the answer as if it were whole; ' +
        "only a Content-Length shows the client that it is not",
      answer: { ends: "whole" },
    },
  ],
  h2o: [
    {
      cases: ["header-cookies"],
      reason: "h2o joins two Cookie lines without a space",
      environ: { HTTP_COOKIE: "a=1;b=2" },
    },
    {
      cases: ["breaks-off", "breaks-off-small"],
      reason:
        "h2o 2.2 takes any end of a connection for the end of an answer of unknown length; " +
        "only a Content-Length shows the client that it is not",
      answer: { ends: "whole" },
    },
  ],
  haproxy: [
    {
      cases: ["chunked-64k", "chunked-1m"],
      reason: "HAProxy refuses a body of undeclared length that does not fit in tune.bufsize with a 400",
      leftOut: true,
    },
  ],
};

/** Those that concern a case. */
export function allowancesFor(caseName: string, allowances: readonly Allowance[] = []): readonly Allowance[] {
  return allowances.filter(({ cases }) => cases.includes(caseName));
}

/** Whether the allowances leave a case out: a report counts it apart. */
export function isLeftOut(caseName: string, allowances: readonly Allowance[] = []): boolean {
  return allowancesFor(caseName, allowances).some(({ leftOut }) => leftOut === true);
}
