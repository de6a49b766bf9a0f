/**
 * The application side of one FastCGI 1.0 connection: records in, request events out, answers in, records out.
 *
 * No I/O and no clock. Requests are decoded by request-records.ts; this file is the face of the core: what is pulled,
 * what is sent, when the connection is over. Specification sections 3 to 6.
 * @module
 */
import { LimitExceededError, LocalProtocolError, type TsgiError } from "../../errors/index.ts";
import type { GatewayCore, GatewayRole, RequestEvent, ResponseEvent } from "../gateway-core.ts";
import { lentOctets, type BlockPool, type FilledBlock } from "../output-buffer.ts";
import { nullRequestId, ProtocolStatus, RecordType, recordHeaderOctets } from "./constants.ts";
import { fastcgiLimits, type FastcgiLimits } from "./limits.ts";
import type { OpenRequest } from "./open-request.ts";
import { OwnReplies } from "./own-replies.ts";
import { controlRecordOctets, fullRecordOctets, RecordWriter } from "./record-writer.ts";
import { RequestRecords } from "./request-records.ts";

/** How a FastcgiApplicationSide is set up. */
export interface FastcgiApplicationSideOptions {
  /** Overrides of `fastcgiLimits`. */
  readonly limits?: Partial<FastcgiLimits>;
  /** Roles that are accepted, all three by default; a request for another is answered UNKNOWN_ROLE. */
  readonly roles?: readonly GatewayRole[];
  /** Where blocks of output come from; fresh ones by default. */
  readonly pool?: BlockPool;
}

const allRoles: readonly GatewayRole[] = ["responder", "authorizer", "filter"];

/**
 * One connection. After `closing` has become true and no request is open, all further input is dropped unread.
 *
 * Multiplexing is off unless `limits.maxRequests` is above 1. Late records of a request that has been answered, or
 * was refused, are passed over in silence; BEGIN_REQUEST on its id begins a new request (W14).
 */
export class FastcgiApplicationSide implements GatewayCore {
  /** END_REQUEST ends an answer. */
  readonly endsByClose = false;
  readonly #writer: RecordWriter;
  readonly #replies: OwnReplies;
  readonly #records: RequestRecords;
  #failure: TsgiError | undefined;
  #cut = false;

  constructor(options: FastcgiApplicationSideOptions = {}) {
    // A table of its own only where something differs: a connection that is idle should cost next to nothing.
    const limits = options.limits === undefined ? fastcgiLimits : { ...fastcgiLimits, ...options.limits };
    this.#writer = new RecordWriter(options.pool);
    this.#replies = new OwnReplies(this.#writer, limits);
    this.#records = new RequestRecords(this.#replies, limits, options.roles ?? allRoles);
  }

  receive(octets: Uint8Array): void {
    this.#records.receive(octets);
  }

  keepInput(): void {
    this.#records.keepInput();
  }

  /**
   * The peer has ended its side. If that cut a record or the PARAMS of a request short, `nextEvent` throws; if it
   * came between records, what it means for the open requests is the server's to decide.
   */
  receiveEnd(): void {
    this.#records.receiveEnd();
  }

  /**
   * The next event, or undefined: more octets are needed, or 64 KiB of replies of the core's own are waiting. In the
   * latter case, call again after `takeOutput`; a flood of questions thus cannot fill the memory with answers.
   * @throws RemoteProtocolError ERR_FCGI_VERSION, ERR_FCGI_BEGIN_BODY, ERR_FCGI_REQUEST_ID, ERR_FCGI_STREAM_ORDER,
   *   ERR_FCGI_PAIR, ERR_FCGI_UNEXPECTED_RECORD, ERR_FCGI_TRUNCATED
   * @throws LimitExceededError ERR_LIMIT_PARAMS. After a throw every further call throws the same error.
   */
  nextEvent(): RequestEvent | undefined {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      return this.closing && this.#records.open.size === 0 ? this.#records.drop() : this.#records.next();
    } catch (error) {
      this.#failure = error as TsgiError;
      throw error;
    }
  }

  /**
   * Encodes an answer. A head goes whole into one record, and body may follow in the same; empty chunks are ignored,
   * since an empty STDOUT would end the answer (W3, W5). An application that writes its own head may send all of its
   * output as `body`. A complete end is empty STDOUT, if any was sent, and END_REQUEST in one block (W4). An
   * incomplete one sends neither, since nginx takes any END_REQUEST for a whole answer, whatever its appStatus: it
   * sends an UNKNOWN_TYPE that nobody asked for and a header of zeros, and closes.
   * @throws LocalProtocolError ERR_LOCAL_STATE for a request that is not open or not announced yet, and for a second
   *   or late head
   * @throws LimitExceededError ERR_LIMIT_HEAD for a head above 65,528 octets; nothing of it has been sent
   */
  send(event: ResponseEvent): void {
    const request = this.#records.open.find(event.id);
    if (request === undefined || !request.paramsEnded) throw notOpen(event);
    switch (event.type) {
      case "body":
        if (event.octets.length === 0) return;
        request.answering = true;
        if (event.octets.length < lentOctets) this.#writer.append(RecordType.stdout, event.id, event.octets);
        else this.#writer.appendLent(RecordType.stdout, event.id, event.octets);
        return;
      case "head":
        this.#sendHead(request, event.octets);
        return;
      case "errors":
        this.#writer.append(RecordType.stderr, event.id, event.octets);
        return;
      case "end":
        this.#sendEnd(request, event.complete);
        return;
      default:
        event satisfies never;
    }
  }

  /**
   * Sends a record that nobody asked for. nginx does not reuse a connection on which something follows END_REQUEST;
   * it would otherwise send its next request at the very moment the connection closes, and fail those it may not
   * repeat (POST) with 502. Call it in the turn of the answer's end: the two must be read together.
   */
  announceClose(): void {
    if (!this.#cut) this.#writer.writeEmpty(RecordType.unknownType, nullRequestId);
  }

  /**
   * Sends GET_VALUES_RESULT with FCGI_MAX_REQS 0, which nobody asked for. HAProxy closes an idle connection over it, and
   * else sends no further request; what has crossed it on the way is answered. No other web server expects it.
   */
  refuseMore(): void {
    if (!this.#cut) this.#replies.noMoreRequests();
  }

  get pendingOctets(): number {
    return this.#writer.pendingOctets;
  }

  takeOutput(): FilledBlock | undefined {
    const filled = this.#writer.take();
    this.#replies.outputTaken();
    return filled;
  }

  /**
   * True once an answer was cut short, and once the last open request of a connection on which some request came
   * without KEEP_CONN has been answered.
   */
  get closing(): boolean {
    return this.#cut || (this.#records.closesWhenIdle && this.#records.open.size === 0);
  }

  get receiving(): boolean {
    // What follows the last answer is dropped, so a record that has begun there would never be seen to end.
    return this.#records.receiving && !(this.closing && this.#records.open.size === 0);
  }

  /** Requests that have begun and not been answered, those whose PARAMS are still on their way among them. */
  get openRequests(): number {
    return this.#records.open.size;
  }

  /** False while the STDIN of an open request has not ended; true also for a request that is not open. */
  bodyEnded(id: number): boolean {
    return this.#records.open.find(id)?.stdinEnded ?? true;
  }

  #sendHead(request: OpenRequest, octets: Uint8Array): void {
    if (request.answering) {
      throw new LocalProtocolError(
        "ERR_LOCAL_STATE",
        `got a head for request ${request.id} after some of its answer had been sent; a head comes first, and once`,
      );
    }
    if (octets.length > fullRecordOctets) {
      throw new LimitExceededError(
        "ERR_LIMIT_HEAD",
        "maxHeadOctets",
        fullRecordOctets,
        octets.length,
        `the response head has ${octets.length} octets; ${fullRecordOctets} fit into the one record it must travel in`,
      );
    }
    if (octets.length === 0) return;
    request.answering = true;
    this.#writer.appendWhole(RecordType.stdout, request.id, octets);
  }

  #sendEnd(request: OpenRequest, complete: boolean): void {
    this.#records.open.remove(request);
    if (!complete) {
      // A plain close passes for the end of an answer: in nginx without fastcgi_keep_conn, in mod_proxy_fcgi, in
      // Caddy. The first two fail an answer with a record that cannot be there, and this one, without content, is
      // nobody's output. Caddy passes over it, and fails at a version that does not exist. Half a header would do for
      // Caddy too, but HAProxy 2.6 then waits for the rest until its timeout.
      this.#writer.writeEmpty(RecordType.unknownType, nullRequestId);
      this.#writer.writeInvalidHeader();
      this.#cut = true;
      return;
    }
    if (!request.keepsConnection) this.#records.closesWhenIdle = true;
    if (request.answering) {
      // Apache with enablereuse reads END_REQUEST with one call; what a second write brings fails the next request.
      this.#writer.keepTogether(recordHeaderOctets + controlRecordOctets);
      this.#writer.writeEmpty(RecordType.stdout, request.id);
    }
    this.#writer.writeControl(RecordType.endRequest, request.id, 0, ProtocolStatus.requestComplete);
  }
}

function notOpen(event: ResponseEvent): LocalProtocolError {
  return new LocalProtocolError(
    "ERR_LOCAL_STATE",
    `got ${event.type} for request ${event.id}, which is not open: it has not been announced, or has been ended`,
  );
}
