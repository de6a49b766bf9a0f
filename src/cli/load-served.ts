/**
 * The application of `tsgi serve`, as its settings say: the same in the one process, in workers and under --check.
 * @module
 */
import type { Application } from "../bridge/index.ts";
import { interfaceOf, loadApplication } from "./load-application.ts";
import type { SettingValues } from "./setting-values.ts";
import { validated } from "./validated.ts";

/** @throws ConfigurationError ERR_CONFIG_APPLICATION */
export async function loadServed(specifier: string, values: SettingValues): Promise<Application> {
  const loaded = await loadApplication(specifier, process.cwd(), undefined, interfaceOf(values));
  return validated(loaded, values);
}
