/**
 * What a config file imports: `defineConfig` and the type of what it may say.
 * @module
 */
import type { TsgiConfig } from "./tsgi-config.ts";

export type { TsgiConfig } from "./tsgi-config.ts";

/**
 * Names the settings of `tsgi serve` in tsgi.config.ts, so that an editor knows them. Returns what it is given; the
 * command checks it. docs/configuration.md
 */
export function defineConfig(config: TsgiConfig): TsgiConfig {
  return config;
}
