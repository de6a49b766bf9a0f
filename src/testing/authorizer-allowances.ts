/**
 * What web servers make of an authorizer's answer, as data with the reason. Measured as front-end-allowances.ts says.
 * @module
 */
import type { Allowance } from "./conformance-cases/index.ts";

/** A web server, or a way of one, that asks an authorizer. */
export type AuthorizerFrontEndName = "apacheAuthnz" | "lighttpdAuthorizer" | "nginxAuthRequest";

export const authorizerAllowances: Readonly<Record<AuthorizerFrontEndName, readonly Allowance[]>> = {
  apacheAuthnz: [
    {
      cases: ["deny", "deny-body", "deny-upload", "challenge", "redirect"],
      reason:
        "mod_authnz_fcgi knows 200 and anything else, which it answers with a 401 and a page of its own",
      answer: { status: 401, headers: { "www-authenticate": 'Basic realm="files"' }, body: undefined },
    },
  ],
  lighttpdAuthorizer: [],
  nginxAuthRequest: [
    {
      cases: ["variable"],
      reason:
        "nginx passes on what the configuration names by auth_request_set, here Variable-REMOTE_USER alone",
      environ: { GUARD_NOTE: null },
    },
    {
      cases: ["role"],
      reason: "auth_request asks in the role of a responder; nginx knows no other",
      leftOut: true,
    },
    {
      cases: ["deny-body"],
      reason: "auth_request takes the status of a refusal and drops its body",
      answer: { headers: {}, body: undefined, bodyLacks: "not for you" },
    },
    {
      cases: ["redirect"],
      reason: "auth_request takes what is not 2xx, 401 or 403 for a failure of the authorizer",
      answer: { status: 500, headers: { location: null } },
    },
  ],
};
