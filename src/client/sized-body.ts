/**
 * Bodies for a protocol that sends the length before the body (SCGI): given, counted, or gathered to be counted.
 * @module
 */
import { LimitExceededError } from "../errors/index.ts";
import { abortedError } from "./pool.ts";
import { UploadSource } from "./upload-source.ts";
import type { BodySource, ClientRequest } from "./types.ts";

/**
 * The request with a CONTENT_LENGTH among its params, if it has a body. A body of octets is counted; an iterable whose
 * length nobody gave is gathered first, as nginx does with a chunked request, in memory and therefore bounded.
 * @throws RequestAbortedError ERR_REQUEST_ABORTED when the request's signal fires meanwhile
 * @throws LimitExceededError ERR_LIMIT_BODY when it passes `maxUnsizedBodyOctets`
 * @throws LocalProtocolError ERR_LOCAL_VALUE when the body is neither octets nor an iterable of them; and whatever the iterable throws
 */
export async function withLength(
  request: ClientRequest,
  maxUnsizedBodyOctets: number,
): Promise<ClientRequest> {
  const params = [...request.params];
  const { body } = request;
  if (body === undefined || params.some(([name, value]) => name === "CONTENT_LENGTH" && value !== "")) {
    return { ...request, params };
  }
  const octets = body instanceof Uint8Array ? body : await gather(body, maxUnsizedBodyOctets, request.signal);
  const others = params.filter(([name]) => name !== "CONTENT_LENGTH");
  return { ...request, params: [["CONTENT_LENGTH", String(octets.length)], ...others], body: octets };
}

async function gather(
  body: Exclude<BodySource, Uint8Array>,
  most: number,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const source = new UploadSource(body);
  const over = new AbortController();
  const aborted = new Promise<never>((_, reject) => {
    const onAbort = (): void => reject(abortedError(signal));
    if (signal?.aborted === true) onAbort();
    signal?.addEventListener("abort", onAbort, { signal: over.signal });
  });
  try {
    return await Promise.race([gatherAll(source, most), aborted]);
  } finally {
    over.abort();
    source.close();
  }
}

async function gatherAll(source: UploadSource, most: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let total = 0;
  for (let chunk = await source.peek(); chunk !== undefined; chunk = await source.peek()) {
    source.take();
    total += chunk.length;
    if (total > most) {
      throw new LimitExceededError(
        "ERR_LIMIT_BODY",
        "maxUnsizedBodyOctets",
        most,
        total,
        `got ${total} octets or more of a body without a length; SCGI sends the length first, and at most ${most} ` +
          "are gathered to find it: send a Content-Length, or use FastCGI",
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, total);
}
