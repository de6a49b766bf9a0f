/**
 * Which content codings a client takes: RFC 9110 section 12.5.3, by the package `negotiator`.
 * @module
 */
import Negotiator from "negotiator";

/** Its types are of a version that had no order of preference of the server's own. */
interface CodingNegotiator {
  encodings(available: readonly string[], options: { readonly preferred: readonly string[] }): string[];
}

/**
 * The codings of `available` that the client takes at least as gladly as an answer without any, best first; among
 * equals in the order of `available`.
 */
export function negotiateCodings<Coding extends string>(
  acceptEncoding: string | undefined,
  available: readonly Coding[],
): Coding[] {
  if (acceptEncoding === undefined || acceptEncoding === "") return [];
  const negotiator: unknown = new Negotiator({ headers: { "accept-encoding": acceptEncoding } });
  const all = (negotiator as CodingNegotiator).encodings([...available, "identity"], {
    preferred: [...available, "identity"],
  });
  const identity = all.indexOf("identity");
  return (identity === -1 ? all : all.slice(0, identity)) as Coding[];
}
