/**
 * The parameter names of an earlier request that are in no table, in their order: a client, or a web server's
 * configuration, sends the same ones in the same order again and again. What is found here needs no new string, and no
 * look for an earlier value. Measured with 30 such headers: 0.16 us for each, 0.10 with it.
 *
 * Bounded, and compared octet by octet: who sends others each time has the ordinary way taken.
 * @module
 */

/** Names that are kept, and octets of the longest. */
const places = 64;
const longest = 64;

const names: string[] = [];
const lengths = new Uint8Array(places);
const octetsKept = new Uint8Array(places * longest);
/** So many names are those of one request, from its first on. */
let kept = 0;

/** The name that an earlier request had at this place, behind the same others, if these octets are it. */
export function recentName(
  place: number,
  octets: Uint8Array,
  start: number,
  end: number,
): string | undefined {
  const length = end - start;
  if (place >= kept || lengths[place] !== length) return undefined;
  const from = place * longest;
  for (let i = 0; i < length; i += 1) if (octetsKept[from + i] !== octets[start + i]) return undefined;
  return names[place];
}

/**
 * Keeps what a request has at a place where an earlier one had another name, or none; all behind it is forgotten.
 * @param isNew - it has become a key of the environ. Only then is it kept: behind the same names, it will be one again
 */
export function keepName(
  place: number,
  name: string,
  isNew: boolean,
  octets: Uint8Array,
  start: number,
  end: number,
): void {
  if (place > kept) return;
  kept = place;
  const length = end - start;
  if (!isNew || place >= places || length > longest) return;
  names[place] = name;
  lengths[place] = length;
  const from = place * longest;
  for (let i = 0; i < length; i += 1) octetsKept[from + i] = octets[start + i]!;
  kept = place + 1;
}
