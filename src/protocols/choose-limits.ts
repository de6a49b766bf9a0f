/**
 * A table of limits with some of them given: what `serve`, `runCgi` and their like make of their options.
 * @module
 */
import { ConfigurationError } from "../errors/index.ts";
import { timerMs } from "./timer-ms.ts";

/**
 * The default limits, with those of `given` put over them. Keys of `given` that are no limits are passed over; times
 * are cut to what a timer can wait for, save an Infinity that is the default and stands for no timer at all.
 * @throws ConfigurationError ERR_CONFIG_OPTION for a limit that is no number above 0
 */
export function chooseLimits<Name extends string>(
  defaults: { readonly [Key in Name]: number },
  given: NoInfer<{ readonly [Key in Name]?: unknown }>,
): Record<Name, number> {
  const limits: Record<Name, number> = { ...defaults };
  for (const name of Object.keys(defaults) as Name[]) {
    const value: unknown = given[name];
    if (value === undefined) continue;
    if (typeof value !== "number" || !(value > 0)) {
      throw new ConfigurationError(
        "ERR_CONFIG_OPTION",
        `${name} is ${String(value)}: it takes a number above 0`,
      );
    }
    limits[name] = name.endsWith("Ms") && value !== defaults[name] ? timerMs(value) : value;
  }
  return limits;
}
