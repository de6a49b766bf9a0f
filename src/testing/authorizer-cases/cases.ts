/**
 * All authorizer cases: who is let pass, who is not, and what goes on to the application behind.
 * @module
 */
import type { Application, HeaderList } from "../../bridge/index.ts";
import type { ConformanceRequest } from "../conformance-cases/index.ts";
import { authorizedUser, credentialsOf, type AuthorizerCase } from "./authorizer-case.ts";

const { name: user, password } = authorizedUser;
const known: ConformanceRequest = {
  headers: [["Authorization", `Basic ${btoa(`${user}:${password}`)}`]],
};
const octets = (text: string): Uint8Array => new TextEncoder().encode(text);

/** What the application behind answers, and nobody sees who is not let pass. */
const behind = "SCRIPT_NAME";

function decide(status: string, headers: HeaderList = [], body = ""): Application {
  return (_environ, startResponse) => {
    startResponse(status, headers.slice());
    return body === "" ? [] : [octets(body)];
  };
}

const withVariables: Application = (environ, startResponse) => {
  startResponse("200 OK", [
    ["Variable-REMOTE_USER", user],
    ["Variable-GUARD_NOTE", `saw ${environ.REQUEST_METHOD}`],
  ]);
  return [];
};

export const authorizerCases: readonly AuthorizerCase[] = [
  {
    name: "allow",
    holds: "lets a request pass by a 200",
    request: { ...known, path: "/a%20b", query: "q=1" },
    authorizer: decide("200 OK"),
    environ: () => ({ REQUEST_METHOD: "GET", PATH_INFO: "/allow/a b", QUERY_STRING: "q=1" }),
    answer: { status: 200 },
  },
  {
    name: "allow-body",
    holds: "lets pass by a 200 with a body, which nobody sees",
    request: known,
    authorizer: decide("200 OK", [["Content-Type", "text/plain"]], "not for the client"),
    environ: () => ({ PATH_INFO: "/allow-body" }),
    answer: { status: 200, bodyLacks: "not for the client" },
  },
  {
    name: "upload",
    holds: "is given no body; the application behind gets all of it",
    request: { ...known, method: "POST", body: octets("x".repeat(100_000)) },
    authorizer: async (environ, startResponse) => {
      const seen = await environ["wsgi.input"].read();
      startResponse(seen.length === 0 ? "200 OK" : "403 Forbidden", []);
      return [];
    },
    environ: () => ({ REQUEST_METHOD: "POST", bodyOctets: 100_000 }),
    answer: { status: 200 },
  },
  {
    name: "credentials",
    holds: "sees name and password of the client",
    request: known,
    authorizer: (environ, startResponse) => {
      const came = credentialsOf(environ);
      const isKnown = came?.name === user && came.password === password;
      startResponse(isKnown ? "200 OK" : "403 Forbidden", []);
      return [];
    },
    environ: () => ({ PATH_INFO: "/credentials" }),
    answer: { status: 200 },
  },
  {
    name: "remote-user",
    holds: "says by Variable-REMOTE_USER who the client is",
    request: known,
    authorizer: withVariables,
    environ: () => ({ REMOTE_USER: user }),
    answer: { status: 200 },
  },
  {
    name: "variable",
    holds: "passes any other variable on by a Variable- header",
    request: known,
    authorizer: withVariables,
    environ: () => ({ GUARD_NOTE: "saw GET" }),
    answer: { status: 200 },
  },
  {
    name: "variable-forged",
    holds: "alone sets variables: a client's Variable- headers are headers like any other",
    request: { headers: [...(known.headers ?? []), ["Variable-GUARD_NOTE", "forged"]] },
    authorizer: decide("200 OK"),
    environ: () => ({ GUARD_NOTE: null }),
    answer: { status: 200 },
  },
  {
    name: "role",
    holds: "is called in the role of an authorizer",
    request: known,
    authorizer: (environ, startResponse) => {
      startResponse(environ["tsgi.role"] === "authorizer" ? "200 OK" : "403 Forbidden", []);
      return [];
    },
    environ: () => ({ PATH_INFO: "/role" }),
    answer: { status: 200 },
  },
  {
    name: "deny",
    holds: "refuses by a 403",
    request: known,
    authorizer: decide("403 Forbidden", [["Content-Type", "text/plain"]]),
    answer: { status: 403, bodyLacks: behind },
  },
  {
    name: "deny-body",
    holds: "refuses with a page of its own",
    request: known,
    authorizer: decide("403 Forbidden", [["Content-Type", "text/plain"]], "not for you"),
    answer: { status: 403, headers: { "content-type": "text/plain" }, body: "not for you" },
  },
  {
    name: "deny-upload",
    holds: "refuses an upload",
    request: { ...known, method: "POST", body: octets("x".repeat(100_000)) },
    authorizer: decide("403 Forbidden", [["Content-Type", "text/plain"]]),
    answer: { status: 403, bodyLacks: behind },
  },
  {
    name: "challenge",
    holds: "asks for credentials by a 401",
    request: known,
    authorizer: decide("401 Unauthorized", [["WWW-Authenticate", 'Basic realm="of the authorizer"']]),
    answer: {
      status: 401,
      headers: { "www-authenticate": 'Basic realm="of the authorizer"' },
      bodyLacks: behind,
    },
  },
  {
    name: "redirect",
    holds: "sends a client elsewhere to log in",
    request: known,
    authorizer: decide("302 Found", [["Location", "https://login.example.com/"]]),
    answer: { status: 302, headers: { location: "https://login.example.com/" }, bodyLacks: behind },
  },
  {
    name: "failure",
    holds: "that fails lets nobody pass",
    request: known,
    authorizer: () => {
      throw new Error("thrown on purpose");
    },
    answer: { status: 500, bodyLacks: behind },
  },
];
