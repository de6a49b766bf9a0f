/**
 * What the records of a web server mean: the request state machine of the application side.
 *
 * Every decision on a record is made at its header, before any of its content is looked at, so that it cannot depend
 * on how the octets were cut into chunks. Specification sections 3.3, 4 and 5.
 * @module
 */
import { RequestAbortedError } from "../../errors/index.ts";
import type { GatewayRole, RequestEvent } from "../gateway-core.ts";
import {
  keepConnectionFlag,
  ProtocolStatus,
  RecordType,
  roleNames,
  type ProtocolStatusCode,
} from "./constants.ts";
import { GatheredOctets } from "../gathered-octets.ts";
import type { FastcgiLimits } from "./limits.ts";
import { OpenRequest, OpenRequests } from "./open-request.ts";
import type { OwnReplies } from "./own-replies.ts";
import { decodePairs } from "./pairs.ts";
import { ReadStep, RecordReader } from "./record-reader.ts";
import {
  idInUse,
  recordName,
  refusedRole,
  streamOrder,
  tooManyParams,
  tooManyRequests,
  truncated,
  unexpectedRecord,
  wrongBody,
} from "./violations.ts";

/** Octets of a BEGIN_REQUEST body (section 5.1). */
const beginBodyOctets = 8;

/** Where the content of the record being read goes. */
const Sink = { nowhere: 0, begin: 1, params: 2, stdin: 3, data: 4, getValues: 5 } as const;

const noOctets = new Uint8Array(0);

export class RequestRecords {
  readonly open: OpenRequests = new OpenRequests();
  /** A request came without KEEP_CONN and has been answered. */
  closesWhenIdle = false;
  readonly #reader = new RecordReader();
  readonly #replies: OwnReplies;
  readonly #limits: FastcgiLimits;
  readonly #roles: readonly GatewayRole[];
  #sink: (typeof Sink)[keyof typeof Sink] = Sink.nowhere;
  #target: OpenRequest | undefined;
  #beginRole = 0;
  #beginFlags = 0;
  #question: GatheredOctets | undefined;
  #bodyEndOwed: OpenRequest | undefined;
  #inputEnded = false;

  constructor(replies: OwnReplies, limits: FastcgiLimits, roles: readonly GatewayRole[]) {
    this.#replies = replies;
    this.#limits = limits;
    this.#roles = roles;
  }

  receive(octets: Uint8Array): void {
    this.open.keepParams();
    this.#reader.receive(octets);
  }

  keepInput(): void {
    if (this.#reader.keep()) this.open.keepParams();
  }

  get receiving(): boolean {
    if (this.open.findUnannounced() !== undefined) return true;
    return this.open.size === 0 && !this.#reader.isBetweenRecords;
  }

  receiveEnd(): void {
    this.#inputEnded = true;
  }

  /** Forgets all input: the connection is over. */
  drop(): undefined {
    this.#reader.discard();
  }

  /** See `FastcgiApplicationSide.nextEvent`. */
  next(): RequestEvent | undefined {
    const owed = this.#bodyEndOwed;
    if (owed !== undefined) {
      this.#bodyEndOwed = undefined;
      if (!owed.ended) return { type: "body-end", id: owed.id };
    }
    const reader = this.#reader;
    while (!this.#replies.areTooMany) {
      const step = reader.next();
      if (step === ReadStep.starved) return this.#starved();
      const event = step === ReadStep.header ? this.#header() : this.#content();
      if (event !== undefined) return event;
    }
    return undefined;
  }

  #starved(): undefined {
    // The chunk goes back to whoever gave it, who may fill it again at once.
    this.open.keepParams();
    if (!this.#inputEnded) return;
    if (!this.#reader.isBetweenRecords) {
      throw truncated(`inside a ${recordName(this.#reader.type)} record or the header after it`);
    }
    const unannounced = this.open.findUnannounced();
    if (unannounced === undefined) return;
    throw truncated(`before the PARAMS of request ${unannounced.id} had ended`);
  }

  #header(): RequestEvent | undefined {
    const { type, id } = this.#reader;
    this.#sink = Sink.nowhere;
    if (id === 0) return this.#managementHeader(type);
    if (type === RecordType.beginRequest) return this.#beginHeader(id);
    if (type > RecordType.unknownType || type === 0) return undefined;
    const request = this.open.find(id);
    switch (type) {
      case RecordType.params:
        return request && this.#paramsHeader(request);
      case RecordType.stdin:
        return request && this.#stdinHeader(request);
      case RecordType.data:
        return request && this.#dataHeader(request);
      case RecordType.abortRequest:
        return request && this.#abort(request);
      case RecordType.getValues:
        throw unexpectedRecord(type, id, "a management record has request id 0");
      default:
        throw unexpectedRecord(type, id, "only applications send it");
    }
  }

  #managementHeader(type: number): undefined {
    if (type === RecordType.getValues) {
      if (this.#reader.contentLength > 0) this.#sink = Sink.getValues;
      else this.#replies.values(noOctets);
    } else if (type === 0 || type > RecordType.unknownType) {
      this.#replies.unknownType(type);
    } else {
      const fromApplication = type === RecordType.getValuesResult || type === RecordType.unknownType;
      throw unexpectedRecord(
        type,
        0,
        fromApplication ? "only applications send it" : "it belongs to a request, whose id is 1 to 65535",
      );
    }
  }

  #beginHeader(id: number): undefined {
    const { contentLength } = this.#reader;
    if (contentLength !== beginBodyOctets) {
      throw wrongBody("ERR_FCGI_BEGIN_BODY", RecordType.beginRequest, contentLength, beginBodyOctets);
    }
    if (this.open.find(id) !== undefined) throw idInUse(id);
    this.#sink = Sink.begin;
  }

  #paramsHeader(request: OpenRequest): RequestEvent | undefined {
    const { contentLength } = this.#reader;
    if (request.paramsEnded) {
      if (contentLength === 0) return undefined;
      throw streamOrder(RecordType.params, request.id, "after the end of its PARAMS");
    }
    if (contentLength === 0) return this.#announce(request);
    const total = (request.params?.length ?? 0) + contentLength;
    const { maxParamsOctets } = this.#limits;
    if (total > maxParamsOctets) throw tooManyParams(request.id, maxParamsOctets, total);
    this.#sink = Sink.params;
    this.#target = request;
    return undefined;
  }

  #stdinHeader(request: OpenRequest): RequestEvent | undefined {
    const { contentLength } = this.#reader;
    if (!request.paramsEnded) throw streamOrder(RecordType.stdin, request.id, "before the end of its PARAMS");
    if (request.aborted || request.role === "authorizer") return undefined;
    if (request.stdinEnded) {
      if (contentLength === 0) return undefined;
      throw streamOrder(RecordType.stdin, request.id, "after the end of its STDIN");
    }
    if (contentLength === 0) {
      request.stdinEnded = true;
      return { type: "body-end", id: request.id };
    }
    this.#sink = Sink.stdin;
    this.#target = request;
    return undefined;
  }

  #dataHeader(request: OpenRequest): RequestEvent | undefined {
    const { contentLength } = this.#reader;
    if (!request.paramsEnded) throw streamOrder(RecordType.data, request.id, "before the end of its PARAMS");
    if (request.aborted) return undefined;
    if (request.role !== "filter" || request.dataEnded) {
      // flup's own client ends a DATA stream for every role, though only a Filter has one.
      if (contentLength === 0) return undefined;
      const why = request.dataEnded ? "after the end of its DATA" : `whose role is ${request.role}`;
      throw streamOrder(RecordType.data, request.id, why);
    }
    if (contentLength === 0) {
      request.dataEnded = true;
      return { type: "data-end", id: request.id };
    }
    this.#sink = Sink.data;
    this.#target = request;
    return undefined;
  }

  #abort(request: OpenRequest): RequestEvent | undefined {
    if (request.aborted) return undefined;
    if (request.paramsEnded) {
      request.aborted = true;
      return { type: "abort", id: request.id };
    }
    // HAProxy 2.6 turns `OPTIONS *` into BEGIN_REQUEST and ABORT_REQUEST: nobody has heard of this request yet.
    const { id } = request;
    this.open.remove(request);
    this.#refuse(id, ProtocolStatus.requestComplete, request.keepsConnection);
    const message = `the web server aborted request ${id} before the end of its PARAMS`;
    return { type: "refused", id, error: new RequestAbortedError("ERR_REQUEST_ABORTED", message) };
  }

  #content(): RequestEvent | undefined {
    const request = this.#target;
    switch (this.#sink) {
      case Sink.params: {
        const params = (request!.params ??= new GatheredOctets());
        params.add(this.#reader.content(), this.#reader.isWholeContent);
        return undefined;
      }
      case Sink.stdin:
        if (request!.ended) return undefined;
        return { type: "body", id: request!.id, octets: this.#reader.content() };
      case Sink.data:
        if (request!.ended) return undefined;
        return { type: "data", id: request!.id, octets: this.#reader.content() };
      case Sink.begin:
        return this.#beginContent();
      case Sink.getValues:
        this.#questionContent();
        return undefined;
      default:
        return undefined;
    }
  }

  #questionContent(): void {
    const question = (this.#question ??= new GatheredOctets());
    question.add(this.#reader.content(), this.#reader.isWholeContent);
    if (this.#reader.contentLeft > 0) return;
    this.#question = undefined;
    this.#replies.values(question.whole());
  }

  #beginContent(): RequestEvent | undefined {
    const { chunk, start, end, contentLeft } = this.#reader;
    let position = beginBodyOctets - contentLeft - (end - start);
    for (let at = start; at < end && position < 3; at++, position++) {
      const octet = chunk[at]!;
      if (position === 0) this.#beginRole = octet << 8;
      else if (position === 1) this.#beginRole |= octet;
      else this.#beginFlags = octet;
    }
    return contentLeft === 0 ? this.#begin(this.#reader.id) : undefined;
  }

  #begin(id: number): RequestEvent | undefined {
    const keepsConnection = (this.#beginFlags & keepConnectionFlag) !== 0;
    const role = roleNames[this.#beginRole];
    if (role === undefined || !this.#roles.includes(role)) {
      this.#refuse(id, ProtocolStatus.unknownRole, keepsConnection);
      return { type: "refused", id, error: refusedRole(id, this.#beginRole, role, this.#roles) };
    }
    const { maxRequests } = this.#limits;
    const openRequests = this.open.size;
    if (openRequests >= maxRequests) {
      const status = maxRequests > 1 ? ProtocolStatus.overloaded : ProtocolStatus.cantMultiplex;
      this.#refuse(id, status, keepsConnection);
      return { type: "refused", id, error: tooManyRequests(id, maxRequests, openRequests) };
    }
    this.open.add(new OpenRequest(id, role, keepsConnection));
    return undefined;
  }

  #announce(request: OpenRequest): RequestEvent {
    const params = decodePairs(request.params?.whole() ?? noOctets, this.#limits.maxParams);
    request.params = undefined;
    request.paramsEnded = true;
    if (request.role === "authorizer") {
      // Apache sends an Authorizer no STDIN at all, lighttpd none after a POST (W15).
      request.stdinEnded = true;
      this.#bodyEndOwed = request;
    }
    return { type: "request", id: request.id, role: request.role, params };
  }

  /** Nothing of a refused request is remembered: records for an id that is not open are passed over. */
  #refuse(id: number, status: ProtocolStatusCode, keepsConnection: boolean): void {
    if (!keepsConnection) this.closesWhenIdle = true;
    this.#replies.endRequest(id, status);
  }
}
