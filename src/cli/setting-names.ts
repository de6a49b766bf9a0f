/**
 * What a setting is called: `max-body` in the table is --max-body, TSGI_MAX_BODY and maxBody.
 * @module
 */

/** Its environment variable. */
export function variableName(name: string): string {
  return `TSGI_${name.toUpperCase().replaceAll("-", "_")}`;
}

/** Its key in the config file. */
export function configKey(name: string): string {
  return name.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
