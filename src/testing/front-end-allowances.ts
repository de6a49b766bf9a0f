/**
 * What web servers change between a client and a gateway, as data with the reason. No gateway can undo it.
 *
 * Measured with nginx 1.22, Apache 2.4.71, mod_fcgid 2.3.9, lighttpd 1.4.69, Caddy 2.6.2 and HAProxy 2.6.12, with the
 * example configurations of this project.
 * @module
 */
import type { Allowance } from "./conformance-case.ts";

/** A web server, or a way of one, that has allowances. */
export type FrontEndName = "nginx" | "apacheProxy" | "apacheFcgid" | "lighttpd" | "caddy" | "haproxy";

const cookiesJoinedWithCommas: Allowance = {
  cases: ["header-cookies"],
  reason: "joins two Cookie lines with a comma before a gateway sees them; browsers send one line",
  environ: { HTTP_COOKIE: "a=1, b=2" },
};

export const frontEndAllowances: Readonly<Record<FrontEndName, readonly Allowance[]>> = {
  nginx: [],
  apacheProxy: [
    cookiesJoinedWithCommas,
    {
      cases: ["answer-head", "answer-length"],
      reason: "mod_proxy_fcgi drops Content-Length and sends the body in chunks",
      answer: { headers: {} },
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
