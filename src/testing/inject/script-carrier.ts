/**
 * CGI: the script side of src/cgi and a web server's side, with memory for standard input and output.
 * @module
 */
import { ScriptExchange, cgiLimits, scriptSettings, type ScriptChannel } from "../../cgi/index.ts";
import { RequestAbortedError } from "../../errors/index.ts";
import { chooseLimits } from "../../protocols/choose-limits.ts";
import { ResponseHeadReader, type ResponseHead } from "../../protocols/response-head.ts";
import { endGraceMs, type Carrier } from "./carrier.ts";
import { requestParams } from "./inject-request.ts";
import { connectionPair, type MemorySocket } from "./memory-socket.ts";
import { sendBody } from "./send-body.ts";

export const scriptCarrier: Carrier = async (application, request, options) => {
  const limits = chooseLimits(cgiLimits, options);
  const params = requestParams(request);
  const { body, signal } = request;
  // As mod_cgid says that a body comes whose length nobody knows.
  if (body !== undefined && !params.has("CONTENT_LENGTH")) params.set("HTTP_TRANSFER_ENCODING", "chunked");
  const [front, script] = connectionPair();
  // A web server that has gone is an error of the write that finds out, below.
  for (const side of [front, script]) side.on("error", () => {});
  let finish: () => void = () => {};
  const finished = new Promise<void>((resolve) => (finish = resolve));
  let isAnswered = false;
  const endIfOver = (): void => {
    if (!isAnswered || !exchange.finished) return;
    void exchange.input.drain().then(finish);
  };
  const exchange = new ScriptExchange(
    application,
    { variables: Object.fromEntries(params), block: blockOf(params), channel: channelOf(script) },
    scriptSettings(options, limits, options.writeErrors),
    limits,
    {
      answered: (complete) => {
        isAnswered = true;
        // A web server sees no more of a script that fails than its end; a test is to see the difference.
        if (complete) script.end();
        else script.resetAndDestroy();
        endIfOver();
      },
      gone: (reason) => {
        isAnswered = true;
        exchange.abort(reason);
        endIfOver();
      },
      finished: endIfOver,
    },
  );
  const abort = (): void => {
    const reason = new RequestAbortedError("ERR_REQUEST_ABORTED", "the request was aborted by its signal");
    front.destroy(reason);
    isAnswered = true;
    exchange.abort(reason);
    endIfOver();
  };
  signal?.addEventListener("abort", abort, { once: true });
  void sendBody(front, body, () => front.writeFailed);
  exchange.start();
  if (signal?.aborted === true) abort();
  const answer = readAnswer(front);
  const end = async (): Promise<void> => {
    front.destroy();
    await withinGrace(finished);
    signal?.removeEventListener("abort", abort);
  };
  try {
    const { value: head } = await answer.next();
    if (head === undefined || head instanceof Uint8Array) throw new TypeError("the head comes first");
    const octets = answer as AsyncGenerator<Uint8Array, void>;
    return { status: head.status, reason: head.reason, headers: head.headers, body: octets, end };
  } catch (error) {
    await end();
    throw error;
  }
};

/** As the other carriers' servers: an application that never ends is not waited for for ever. */
async function withinGrace(finished: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, endGraceMs);
  });
  await Promise.race([finished, over]);
  clearTimeout(timer);
}

function blockOf(params: ReadonlyMap<string, string>): Uint8Array {
  let text = "";
  for (const [name, value] of params) text += `${name}=${value}\0`;
  return Buffer.from(text, "latin1");
}

/** The script's end of the pair, as a script sees its descriptors. */
function channelOf(script: MemorySocket): ScriptChannel {
  const none = new Uint8Array(0);
  return {
    read: (size, done) => {
      const attempt = (): void => {
        const octets = script.read(Math.min(size, script.readableLength || size)) as Buffer | null;
        const isOver = script.readableEnded || script.destroyed;
        if (octets === null && !isOver) return;
        script.off("readable", attempt).off("end", attempt).off("close", attempt);
        // In a later turn, as the system's own answers.
        setImmediate(done, null, octets ?? none);
      };
      script.on("readable", attempt).on("end", attempt).on("close", attempt);
      attempt();
    },
    writeNow: (chunks) => {
      if (script.destroyed) throw Object.assign(new Error("write EPIPE"), { code: "EPIPE" });
      return chunks.reduce((octets, chunk) => {
        script.write(chunk);
        return octets + chunk.length;
      }, 0);
    },
    write: (chunk, done) => {
      script.write(chunk, (error) => done(error ?? null, chunk.length));
    },
    close: () => script.end(),
  };
}

/** The head, then the octets of the body. */
async function* readAnswer(front: MemorySocket): AsyncGenerator<ResponseHead | Uint8Array, void> {
  const reader = new ResponseHeadReader();
  let head: ResponseHead | undefined;
  for await (const chunk of front) {
    if (head !== undefined) {
      yield chunk as Uint8Array;
      continue;
    }
    head = reader.receive(chunk as Uint8Array);
    if (head === undefined) continue;
    const { rest } = head;
    yield head;
    if (rest.length > 0) yield rest;
  }
  if (head === undefined) reader.receiveEnd();
}
