/**
 * SCGI octets for tests, built without any code of src: were both to share a mistake, no test could see it.
 * SCGI specification, "Protocol".
 */

export type Pairs = ReadonlyArray<readonly [name: string, value: string]>;

/** Octets of a latin-1 string. */
export function latin1(text: string): Buffer {
  return Buffer.from(text, "latin1");
}

export function netstring(content: string): Buffer {
  return latin1(`${content.length}:${content},`);
}

export function headers(pairs: Pairs): string {
  return pairs.map(([name, value]) => `${name}\0${value}\0`).join("");
}

/** A request that is as it should be: CONTENT_LENGTH, SCGI, what is given, the body. */
export function request(pairs: Pairs = [["REQUEST_METHOD", "GET"]], body = ""): Buffer {
  const all: Pairs = [["CONTENT_LENGTH", String(body.length)], ["SCGI", "1"], ...pairs];
  return Buffer.concat([netstring(headers(all)), latin1(body)]);
}
