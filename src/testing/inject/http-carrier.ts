/**
 * HTTP: the client and the server of node:http, with memory for a socket.
 * @module
 */
import { request as httpRequest, type IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { BodySource } from "../../client/index.ts";
import { RequestAbortedError } from "../../errors/index.ts";
import { hostSockets } from "../../server/index.ts";
import { endGraceMs, type Carrier } from "./carrier.ts";
import { connectionPair } from "./memory-socket.ts";
import { sendBody } from "./send-body.ts";

/** Headers of the connection, which an application neither gave nor could. */
const ofConnection: ReadonlySet<string> = new Set(["connection", "keep-alive", "transfer-encoding"]);

export const httpCarrier: Carrier = async (application, request, options) => {
  const host = await hostSockets(application, {
    ...options,
    scriptName: options.scriptName ?? request.scriptName,
    environ: { ...request.params, ...options.environ },
  });
  const end = (): Promise<void> => host.close(endGraceMs);
  const { method, target, rawHeaders, addresses, body, signal } = request;
  try {
    const incoming = await new Promise<IncomingMessage>((resolve, reject) => {
      const outgoing = httpRequest({
        method,
        path: target,
        headers: [...rawHeaders, ...framing(rawHeaders, body), "Connection", "close"],
        createConnection: () => {
          const [front, gateway] = connectionPair(addresses);
          host.accept("http", gateway);
          return front as unknown as Socket;
        },
      });
      const abort = (): void => {
        outgoing.destroy(abortedError());
      };
      signal?.addEventListener("abort", abort, { once: true });
      outgoing.once("close", () => signal?.removeEventListener("abort", abort));
      outgoing.once("response", resolve);
      // After the head it is too late to matter: what is left of an upload that nobody wants.
      outgoing.on("error", reject);
      if (signal?.aborted === true) abort();
      else if (body === undefined || body instanceof Uint8Array) outgoing.end(body);
      else void sendBody(outgoing, body);
    });
    const headers = pairs(incoming.rawHeaders).filter(([name]) => !ofConnection.has(name.toLowerCase()));
    return {
      status: incoming.statusCode ?? 0,
      reason: incoming.statusMessage ?? "",
      headers,
      body: wholeBody(incoming),
      end,
    };
  } catch (error) {
    await end();
    throw error;
  }
};

function framing(rawHeaders: readonly string[], body: BodySource | undefined): string[] {
  const isFramed = rawHeaders.some(
    (name, at) => at % 2 === 0 && /^(content-length|transfer-encoding)$/i.test(name),
  );
  return isFramed || body === undefined ? [] : ["Transfer-Encoding", "chunked"];
}

async function* wholeBody(incoming: IncomingMessage): AsyncGenerator<Uint8Array, void> {
  try {
    for await (const chunk of incoming) yield chunk as Uint8Array;
  } finally {
    incoming.destroy();
  }
}

function pairs(raw: readonly string[]): Array<readonly [name: string, value: string]> {
  const found: Array<readonly [string, string]> = [];
  for (let at = 0; at + 1 < raw.length; at += 2) found.push([raw[at] ?? "", raw[at + 1] ?? ""]);
  return found;
}

function abortedError(): RequestAbortedError {
  return new RequestAbortedError("ERR_REQUEST_ABORTED", "the request was aborted by its signal");
}
