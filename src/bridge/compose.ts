/**
 * `compose`: several middleware as one.
 * @module
 */
import { ConfigurationError } from "../errors/index.ts";
import { describeValue } from "./log-line.ts";
import type { Middleware } from "./types.ts";

/**
 * `compose(a, b, c)(application)` is `a(b(c(application)))`: a request passes them in the order in which they stand,
 * its answer in the opposite one. Without any it changes nothing.
 * @throws ConfigurationError ERR_CONFIG_OPTION: one of them is no function
 */
export function compose(...middleware: readonly Middleware[]): Middleware {
  for (const [index, each] of middleware.entries()) {
    if (typeof each === "function") continue;
    throw new ConfigurationError(
      "ERR_CONFIG_OPTION",
      `compose was given ${describeValue(each)} in place ${index + 1}; expected middleware, a function from an ` +
        "application to an application (is it to be called with its options first?)",
    );
  }
  return (application) => middleware.reduceRight((inner, wrap) => wrap(inner), application);
}
