/**
 * When `tsgi` puts the validator around an application: `--validate`, `--debug`, and the development server.
 * @module
 */
import type { Application } from "../bridge/index.ts";
import { ConfigurationError } from "../errors/index.ts";
import type { CommandLine } from "./parse-command-line.ts";

/**
 * What only warns here. These are wsgiref's rules, not the PEP's: Express, Hono and their like answer without a
 * Content-Type, and stock parameters of nginx make environs that break V9 and V21.
 */
const warnOnly = ["V9", "V21", "V33", "V34", "V36", "V37"] as const;

/**
 * `application`, held to the calling convention where the command line asks for it.
 * @param isDevelopment - whether that is the default: nobody but a developer runs this
 * @throws ConfigurationError ERR_CONFIG_OPTION: both `--validate` and `--no-validate`
 */
export async function validated(
  application: Application,
  values: CommandLine["values"],
  isDevelopment = false,
): Promise<Application> {
  const { validate, "no-validate": refused, debug } = values;
  if (validate === true && refused === true) {
    throw new ConfigurationError(
      "ERR_CONFIG_OPTION",
      "--validate and --no-validate exclude each other: give one",
    );
  }
  const isDefault = debug === true || (isDevelopment && process.env["NODE_ENV"] !== "production");
  if (refused === true || (validate !== true && !isDefault)) return application;
  // Loaded when asked for: production never needs it.
  const { validator } = await import("../middleware/index.ts");
  return validator(application, { warnOnly });
}
