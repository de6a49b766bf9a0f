/** The version of this package, as its package.json has it. @module */
import { readFileSync } from "node:fs";

export function packageVersion(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}

/** What status pages say of what is running. */
export function softwareName(): string {
  return `tsgi ${packageVersion()}, Node.js ${process.versions.node}`;
}
