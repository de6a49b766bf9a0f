/** Standard streams that nobody reads any more. @module */

/** A terminal that is closed, a log program that ends, or `tsgi status | head -1` must not end a process with a stack. */
export function ignoreLostOutput(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
}
