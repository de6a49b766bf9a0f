/**
 * The web server's side of one FastCGI 1.0 connection: requests in, records out, records in, answers out.
 *
 * No I/O and no clock. The mirror of application-side.ts, used by the client, the embedded proxy and the tests. It
 * begins as many requests at once as it is told to; whether the application multiplexes is the caller's to know.
 * Specification sections 3 to 6.
 * @module
 */
import { LocalProtocolError, type TsgiError } from "../../errors/index.ts";
import type { GatewayRole } from "../gateway-core.ts";
import type { ClientReceiveEvent, ClientSendEvent, GatewayClientCore } from "../gateway-client-core.ts";
import type { BlockPool, FilledBlock } from "../output-buffer.ts";
import { AnswerRecords } from "./answer-records.ts";
import { keepConnectionFlag, RecordType, Role } from "./constants.ts";
import { encodePairs } from "./pairs.ts";
import { fullRecordOctets, RecordWriter } from "./record-writer.ts";
import { SentRequest } from "./sent-request.ts";

/** How a FastcgiWebServerSide is set up. */
export interface FastcgiWebServerSideOptions {
  /** Where blocks of output come from; fresh ones by default. */
  readonly pool?: BlockPool;
}

/** One connection to an application. */
export class FastcgiWebServerSide implements GatewayClientCore {
  readonly #writer: RecordWriter;
  readonly #answers = new AnswerRecords();
  #failure: TsgiError | undefined;

  constructor(options: FastcgiWebServerSideOptions = {}) {
    this.#writer = new RecordWriter(options.pool);
  }

  receive(octets: Uint8Array): void {
    this.#answers.receive(octets);
  }

  /** The application has ended its side: open requests are lost, and `nextEvent` says so once it has read the rest. */
  receiveEnd(): void {
    this.#answers.receiveEnd();
  }

  /**
   * The next event, or undefined when more octets are needed.
   * @throws RemoteProtocolError ERR_FCGI_VERSION, ERR_FCGI_END_BODY, ERR_FCGI_STREAM_ORDER, ERR_FCGI_PAIR,
   *   ERR_FCGI_UNEXPECTED_RECORD, ERR_FCGI_TRUNCATED. After a throw every further call throws the same error.
   */
  nextEvent(): ClientReceiveEvent | undefined {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      return this.#answers.next();
    } catch (error) {
      this.#failure = error as TsgiError;
      throw error;
    }
  }

  /**
   * Encodes what a web server sends. A `request` is BEGIN_REQUEST and all of PARAMS; empty chunks of a stream are
   * ignored, since an empty record would end it. After `abort` only the answer's end is to come.
   * @throws LocalProtocolError ERR_LOCAL_STATE for a request that is not open, or is and is begun again, and for a
   *   stream that has ended or that the role does not have
   * @throws LocalProtocolError ERR_LOCAL_VALUE for an id outside 1 to 65535, a code point above U+00FF in a pair, or
   *   more names than one GET_VALUES record carries. Nothing is sent then.
   */
  send(event: ClientSendEvent): void {
    switch (event.type) {
      case "request":
        this.#sendRequest(event.id, event.role, event.keepConnection, event.params);
        return;
      case "body":
      case "body-end":
      case "data":
      case "data-end":
        this.#sendStream(event);
        return;
      case "abort":
        this.#sendAbort(event.id);
        return;
      case "get-values":
        this.#sendGetValues(event.names);
        return;
      default:
        event satisfies never;
    }
  }

  get pendingOctets(): number {
    return this.#writer.pendingOctets;
  }

  takeOutput(): FilledBlock | undefined {
    return this.#writer.take();
  }

  /** Requests that have been begun and whose END_REQUEST has not come. */
  get openRequests(): number {
    return this.#answers.open.size;
  }

  #sendRequest(
    id: number,
    role: GatewayRole,
    keepConnection: boolean,
    params: Iterable<readonly [string, string]>,
  ): void {
    if (!Number.isInteger(id) || id < 1 || id > 65_535) {
      throw new LocalProtocolError("ERR_LOCAL_VALUE", `got request id ${id}, expected 1 to 65535`);
    }
    if (this.#answers.open.has(id)) {
      throw new LocalProtocolError("ERR_LOCAL_STATE", `got request ${id}, which is open: wait for its end`);
    }
    // Encoded before anything is written: a value that the wire cannot carry must not leave half a request behind.
    const octets = encodePairs(params);
    this.#answers.open.set(id, new SentRequest(role));
    const flags = keepConnection ? keepConnectionFlag : 0;
    this.#writer.writeControl(RecordType.beginRequest, id, (Role[role] << 16) | (flags << 8), 0);
    this.#writer.append(RecordType.params, id, octets);
    this.#writer.writeEmpty(RecordType.params, id);
  }

  #sendStream(event: Extract<ClientSendEvent, { type: "body" | "body-end" | "data" | "data-end" }>): void {
    const request = this.#answers.open.get(event.id);
    if (request === undefined || request.aborted) throw notOpen(event);
    const isBody = event.type === "body" || event.type === "body-end";
    if (isBody ? request.bodyEnded : request.dataEnded || request.role !== "filter") {
      const stream = isBody ? "STDIN" : "DATA";
      const why = request.role === "filter" || isBody ? `its ${stream} has ended` : "only a filter has DATA";
      throw new LocalProtocolError("ERR_LOCAL_STATE", `got ${event.type} for request ${event.id}: ${why}`);
    }
    const type = isBody ? RecordType.stdin : RecordType.data;
    if ("octets" in event) {
      this.#writer.append(type, event.id, event.octets);
      return;
    }
    if (isBody) request.bodyEnded = true;
    else request.dataEnded = true;
    this.#writer.writeEmpty(type, event.id);
  }

  #sendAbort(id: number): void {
    const request = this.#answers.open.get(id);
    if (request === undefined) throw notOpen({ type: "abort", id });
    if (request.aborted) return;
    request.aborted = true;
    this.#writer.writeEmpty(RecordType.abortRequest, id);
  }

  #sendGetValues(names: readonly string[]): void {
    const octets = encodePairs(names.map((name) => [name, ""] as const));
    if (octets.length > fullRecordOctets) {
      throw new LocalProtocolError(
        "ERR_LOCAL_VALUE",
        `the names to ask for take ${octets.length} octets, one GET_VALUES record carries ${fullRecordOctets}`,
      );
    }
    if (octets.length === 0) this.#writer.writeEmpty(RecordType.getValues, 0);
    else this.#writer.appendWhole(RecordType.getValues, 0, octets);
  }
}

function notOpen(event: ClientSendEvent & { readonly id: number }): LocalProtocolError {
  return new LocalProtocolError(
    "ERR_LOCAL_STATE",
    `got ${event.type} for request ${event.id}, which is not open: not begun, aborted, or its answer has ended`,
  );
}
