/**
 * What the process runs in which `tsgi serve --check` loads the application: settings come from the parent, what is
 * wrong goes back.
 * @module
 */
import { describeError } from "./describe-error.ts";
import { loadServed } from "./load-served.ts";
import { serveOptions } from "./serve-options.ts";
import type { WorkerProgramData } from "./serve-workers.ts";

process.once("message", (message) => void check(message as WorkerProgramData));

async function check({ specifier, values }: WorkerProgramData): Promise<void> {
  let failure: string | undefined;
  try {
    await loadServed(specifier, values);
    serveOptions(values);
  } catch (error) {
    failure = describeError(error, values["debug"] === true);
  }
  // The application's own timers and connections must not keep it.
  process.send?.({ failure }, () => process.exit(0));
}
