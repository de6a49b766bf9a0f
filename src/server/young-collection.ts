/**
 * Has garbage collected in time while bodies are read.
 *
 * Each read of a body takes memory outside of V8's heap, which V8 collects once 32 MiB of it have come together. It also
 * counts them against the limit of its old generation, though, and of a small heap that limit is less: then all of the
 * heap is marked each 20 MiB. docs/decisions/0012-young-collection.md
 * @module
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** A half of the least by which V8 lets the heap grow: an adapter may copy what is read here. */
const collectAfterOctets = 4_194_304;

type Collect = (options: { readonly type: "minor" }) => void;

let collect: Collect | undefined;
let octets = 0;

/** Counts what has been read into memory of its own. */
export function countYoungOctets(count: number): void {
  octets += count;
  if (octets < collectAfterOctets) return;
  octets = 0;
  collect ??= findCollector();
  collect({ type: "minor" });
}

/** V8's own function; one that does nothing where there is none. */
function findCollector(): Collect {
  const given = (globalThis as { gc?: Collect }).gc;
  if (given !== undefined) return given;
  // The flag is looked at when a context is made; others that are made later shall not have the function.
  setFlagsFromString("--expose-gc");
  try {
    const found: unknown = runInNewContext("gc");
    return typeof found === "function" ? (found as Collect) : () => {};
  } catch {
    return () => {};
  } finally {
    setFlagsFromString("--no-expose-gc");
  }
}
