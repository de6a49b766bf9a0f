/**
 * The application of `tsgi serve`, as its settings say: the same in the one process, in workers and under --check.
 * @module
 */
import type { Application } from "../bridge/index.ts";
import { loadApplication } from "./load-application.ts";
import type { SettingValues } from "./setting-values.ts";

/** @throws ConfigurationError ERR_CONFIG_APPLICATION */
export function loadServed(specifier: string, _values: SettingValues): Promise<Application> {
  return loadApplication(specifier, process.cwd());
}
