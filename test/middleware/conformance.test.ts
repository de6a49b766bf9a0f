/** Middleware that is not asked for anything is not there: the conformance suite passes through all of it. */
import { describe } from "vitest";
import type { Application, Middleware } from "../../src/bridge/index.ts";
import { accessLog, errorPage, methodOverride, proxyFix, session } from "../../src/middleware/index.ts";
import { itConforms } from "../support/embedded-site.ts";

// Not the front end's own address: the cases that send X-Forwarded-For mean to be disbelieved.
const proxy = proxyFix({ trusted: ["192.0.2.1"] });

const all: readonly Middleware[] = [
  accessLog(),
  errorPage({ debug: false }),
  proxy,
  session(),
  methodOverride({ form: "_method" }),
];

describe.each<[string, readonly Middleware[], string]>([
  ["accessLog", [accessLog()], ""],
  ["errorPage", [errorPage({ debug: false })], ""],
  ["session", [session()], ""],
  ["all at once, at a sub-path", all, "/app"],
])("conformance through %s", (_name, stack, mount) => {
  itConforms((application) => stack.reduceRight<Application>((inner, outer) => outer(inner), application), {
    mount,
  });
});
