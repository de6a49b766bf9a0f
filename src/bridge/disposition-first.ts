/**
 * The order in which headers are given to node:http.
 *
 * Node.js writes what it knows to be octets as octets, but for one header: a Content-Disposition that stands behind
 * Content-Length is decoded as UTF-8 and written as latin-1, which makes another name of a file's name. In front of it,
 * it goes as it is.
 * @module
 */

/** The same pairs in their order, Content-Disposition before all others. */
export function dispositionFirst<Pair extends readonly [name: string, value: string]>(
  headers: readonly Pair[],
): readonly Pair[] {
  if (!headers.some(isDisposition)) return headers;
  return [...headers.filter(isDisposition), ...headers.filter((pair) => !isDisposition(pair))];
}

function isDisposition([name]: readonly [string, string]): boolean {
  return name.length === 19 && name.toLowerCase() === "content-disposition";
}
