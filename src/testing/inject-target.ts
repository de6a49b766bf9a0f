/**
 * The conformance suite without a web server: each request through the octets of one protocol, in memory.
 * @module
 */
import type { Application } from "../bridge/index.ts";
import type { BodySource } from "../client/index.ts";
import type { ConformanceRequest, ConformanceTarget, ReceivedAnswer } from "./conformance-cases/index.ts";
import { injectStream, type InjectOptions } from "./inject/index.ts";

/**
 * A target for `runConformanceCase`: the application, which must be `conformanceApplication` or behave as it does,
 * asked by `inject`.
 * @param mount - "" or the path that the application is mounted at
 */
export function injectTarget(
  application: Application,
  mount: string,
  options: InjectOptions = {},
): ConformanceTarget {
  const origin = "http://localhost:8080";
  return {
    origin,
    mount,
    send: async (request, { path, timeoutMs, onFirstOctets }) => {
      const { host, port } = new URL(origin);
      const { method = "GET", headers = [], body } = request;
      const answer = await injectStream(
        application,
        {
          method,
          url: path.slice(mount.length),
          scriptName: mount,
          headers: [["Host", host], ...headers],
          params: { SERVER_PORT: port },
          signal: AbortSignal.timeout(timeoutMs),
          ...(body === undefined ? {} : { body: bodyOf(request, body) }),
        },
        options,
      );
      const received: ReceivedAnswer = {
        status: answer.status,
        headers: answer.headerList.map(([name, value]) => [name.toLowerCase(), value]),
        ...(await collect(answer.body, onFirstOctets)),
      };
      await answer.ended();
      return received;
    },
  };
}

/** A chunked body comes in two parts, and nobody knows its length. */
function bodyOf({ chunked = false }: ConformanceRequest, body: Uint8Array): BodySource {
  if (!chunked) return body;
  return (async function* () {
    const half = body.length >>> 1;
    yield body.subarray(0, half);
    await new Promise((resolve) => setImmediate(resolve));
    yield body.subarray(half);
  })();
}

async function collect(
  body: AsyncIterable<Uint8Array>,
  onFirstOctets?: () => void,
): Promise<Pick<ReceivedAnswer, "body" | "whole">> {
  const chunks: Uint8Array[] = [];
  let whole = true;
  try {
    for await (const chunk of body) {
      if (chunks.length === 0) onFirstOctets?.();
      chunks.push(chunk);
    }
  } catch {
    whole = false;
  }
  return { body: Buffer.concat(chunks), whole };
}
