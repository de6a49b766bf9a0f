/**
 * All of the basic middleware at once, around an application that says what it was given.
 * @module
 */
import type { Application } from "../../../src/bridge/types.ts";
import {
  accessLog,
  basicAuth,
  errorPage,
  methodOverride,
  proxyFix,
  session,
  sessionOf,
} from "../../../src/middleware/index.ts";

const inner: Application = async (environ, startResponse) => {
  if (environ.PATH_INFO.startsWith("/fails")) throw new Error("a secret of the application");
  const { data } = sessionOf(environ);
  data.visits = Number(data.visits ?? 0) + 1;
  const said = {
    address: environ.REMOTE_ADDR,
    scheme: environ["wsgi.url_scheme"],
    user: environ.REMOTE_USER,
    method: environ.REQUEST_METHOD,
    original: environ["tsgi.original_method"],
    body: Buffer.from(await environ["wsgi.input"].read()).toString(),
    visits: data.visits,
  };
  startResponse("200 OK", [["Content-Type", "application/json"]]);
  return [Buffer.from(JSON.stringify(said))];
};

const stack = [
  proxyFix({ trusted: ["127.0.0.1"] }),
  accessLog({ format: "LOG %h %u %r %s %B %X" }),
  errorPage(),
  methodOverride({ form: "_method" }),
  basicAuth({ users: { ann: "pass" } }),
  session(),
];

export const application: Application = stack.reduceRight<Application>(
  (within, outer) => outer(within),
  inner,
);
