/**
 * The middleware that ships, for the tests that hold all of it to the same rules.
 * @module
 */
import type { Middleware } from "../../src/bridge/index.ts";
import {
  accessLog,
  basicAuth,
  compress,
  conditionalGet,
  errorPage,
  memorySessionStore,
  methodOverride,
  mount,
  proxyFix,
  session,
  sessionOf,
  staticFiles,
  validator,
  type SessionStore,
} from "../../src/middleware/index.ts";
import type { Pairs } from "../bridge/environ-request.ts";
import { get } from "../bridge/hosted.ts";

/** A store that answers later, as one over a network does. */
function laterStore(): SessionStore {
  const store = memorySessionStore();
  return {
    get: async (id) => store.get(id),
    set: async (...parameters) => store.set(...parameters),
    touch: async (...parameters) => store.touch(...parameters),
    destroy: async (id) => store.destroy(id),
  };
}

/** `session` with something to do: the application inside has changed it before it is called. */
const busy =
  (middleware: Middleware): Middleware =>
  (application) =>
    middleware((environ, startResponse) => {
      sessionOf(environ).data.seen = true;
      return application(environ, startResponse);
    });

/** The request that all of them let through. */
export const request: Pairs = [
  ...get.map(([name, value]) => [name, name === "REQUEST_METHOD" ? "POST" : value] as const),
  ["REMOTE_ADDR", "192.0.2.1"],
  ["HTTP_X_FORWARDED_FOR", "198.51.100.7"],
  ["HTTP_X_HTTP_METHOD_OVERRIDE", "PUT"],
  ["HTTP_AUTHORIZATION", `Basic ${Buffer.from("ann:pass").toString("base64")}`],
];

/** A middleware, made so that `request` passes it with its answer unchanged. */
export interface Row {
  readonly name: string;
  readonly middleware: Middleware;
  /** Headers that it puts into an answer. */
  readonly adds?: readonly string[];
  /** It waits for something, so an array becomes a promise of one. */
  readonly isLater?: true;
  /** It refuses itself, with an error of its own, what is otherwise left to the gateway. */
  readonly refuses?: true;
  /** What it replaces in the environ that it was given, as wsgiref's validator does. */
  readonly replaces?: readonly string[];
}

/** One line a middleware. */
export const everyMiddleware: readonly Row[] = [
  { name: "accessLog", middleware: accessLog() },
  { name: "compress", middleware: compress({ threshold: 0 }), adds: ["Vary"] },
  { name: "conditionalGet", middleware: conditionalGet() },
  { name: "conditionalGet with etag", middleware: conditionalGet({ etag: true }), adds: ["ETag"] },
  { name: "staticFiles", middleware: staticFiles({ root: "docs" }) },
  { name: "mount", middleware: (application) => mount({ "/": application }) },
  { name: "mount at a path", middleware: (application) => mount({ "/x": application }, application) },
  {
    name: "validator",
    // The tests answer without a Content-Type, too.
    middleware: (application) => validator(application, { warnOnly: ["V37"], onWarning: () => {} }),
    refuses: true,
    replaces: ["wsgi.input", "wsgi.errors", "wsgi.file_wrapper"],
  },
  { name: "basicAuth", middleware: basicAuth({ users: { ann: "pass" } }) },
  { name: "errorPage", middleware: errorPage({ debug: false }) },
  { name: "errorPage with debug", middleware: errorPage({ debug: true }) },
  { name: "methodOverride", middleware: methodOverride() },
  { name: "proxyFix", middleware: proxyFix({ trusted: ["192.0.2.1"] }) },
  { name: "session, not looked at", middleware: session() },
  { name: "session", middleware: busy(session()), adds: ["Vary", "Set-Cookie"] },
  {
    name: "session with a store that answers later",
    middleware: busy(session({ store: laterStore() })),
    adds: ["Vary", "Set-Cookie"],
    isLater: true,
  },
];
