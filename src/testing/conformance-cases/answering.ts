/**
 * The applications that many cases share.
 * @module
 */
import type { Application, HeaderList } from "../../bridge/index.ts";

const encoder = new TextEncoder();

/** UTF-8. */
export function octets(text: string): Uint8Array {
  return encoder.encode(text);
}

/** Octets that are no text, and that show where something was lost, repeated or put elsewhere. */
export function pattern(length: number): Uint8Array {
  const made = new Uint8Array(length);
  for (let at = 0; at < length; at += 1) made[at] = (at * 31 + (at >>> 8) * 7 + (at >>> 16)) & 0xff;
  return made;
}

/** Answers with everything in environ that JSON can hold. */
export const reportEnviron: Application = (environ, startResponse) => {
  startResponse("200 OK", [["Content-Type", "application/json"]]);
  return [octets(JSON.stringify(environ))];
};

/** Always the same answer. */
export function answerWith(status: string, headers: HeaderList, ...chunks: readonly string[]): Application {
  return (_environ, startResponse) => {
    startResponse(status, headers.slice());
    return chunks.map(octets);
  };
}

/**
 * Answers with the body of the request, once it has come whole: there are web servers that read no answer before
 * they have sent all of a request.
 */
export const echo: Application = async (environ, startResponse) => {
  const body = await environ["wsgi.input"].read();
  startResponse("200 OK", [["Content-Type", "application/octet-stream"]]);
  return [body];
};
