/**
 * What the records of an application mean: the answers' state machine on the web server's side.
 *
 * Bounded by the requests that are open and by one record's content: output is handed on as it arrives.
 * Specification sections 3.3, 4 and 5.
 * @module
 */
import type { ClientReceiveEvent } from "../gateway-client-core.ts";
import { readPairs } from "../native-string.ts";
import { maxContentOctets, RecordType } from "./constants.ts";
import { GatheredOctets } from "../gathered-octets.ts";
import { decodePairs } from "./pairs.ts";
import { ReadStep, RecordReader } from "./record-reader.ts";
import type { SentRequest } from "./sent-request.ts";
import { recordName, streamOrder, truncated, unexpectedRecord, wrongBody } from "./violations.ts";

/** Octets of an END_REQUEST and of an UNKNOWN_TYPE body (sections 5.5 and 4.2). */
const controlBodyOctets = 8;

/** Where the content of the record being read goes. */
const Sink = { nowhere: 0, output: 1, errors: 2, gather: 3 } as const;

const noOctets = new Uint8Array(0);

export class AnswerRecords {
  /** The requests that wait for their answer to end, by id. */
  readonly open: Map<number, SentRequest> = new Map();
  readonly #reader = new RecordReader();
  #sink: (typeof Sink)[keyof typeof Sink] = Sink.nowhere;
  #gathered: GatheredOctets | undefined;
  #inputEnded = false;

  receive(octets: Uint8Array): void {
    this.#reader.receive(octets);
  }

  receiveEnd(): void {
    this.#inputEnded = true;
  }

  /** See `FastcgiWebServerSide.nextEvent`. */
  next(): ClientReceiveEvent | undefined {
    const reader = this.#reader;
    for (;;) {
      const step = reader.next();
      if (step === ReadStep.starved) return this.#starved();
      const event = step === ReadStep.header ? this.#header() : this.#content();
      if (event !== undefined) return event;
    }
  }

  #starved(): undefined {
    if (!this.#inputEnded) return;
    const { isBetweenRecords, type } = this.#reader;
    if (!isBetweenRecords) throw truncated(`inside a ${recordName(type)} record or the header after it`);
    const [id] = this.open.keys();
    if (id !== undefined) throw truncated(`before the END_REQUEST of request ${id}`);
  }

  #header(): ClientReceiveEvent | undefined {
    const { type, id, contentLength } = this.#reader;
    this.#sink = Sink.nowhere;
    switch (type) {
      case RecordType.stdout:
      case RecordType.stderr:
        this.#streamHeader(this.#requestOf(type, id), type);
        return undefined;
      case RecordType.endRequest:
        this.#requestOf(type, id);
        if (contentLength !== controlBodyOctets) {
          throw wrongBody("ERR_FCGI_END_BODY", type, contentLength, controlBodyOctets);
        }
        break;
      case RecordType.getValuesResult:
        requireManagement(type, id);
        if (contentLength === 0) return valuesEvent(noOctets);
        break;
      case RecordType.unknownType:
        requireManagement(type, id);
        // How our own application side breaks an answer off.
        if (contentLength === 0 && this.open.size > 0) throw truncated("in the midst of an answer");
        if (contentLength !== controlBodyOctets) {
          const why = `it has ${contentLength} octets of content, expected ${controlBodyOctets}`;
          throw unexpectedRecord(type, id, why);
        }
        break;
      default:
        if (type > RecordType.unknownType || type === 0) return undefined;
        throw unexpectedRecord(type, id, "only web servers send it");
    }
    this.#sink = Sink.gather;
    this.#gathered = undefined;
    return undefined;
  }

  #streamHeader(request: SentRequest, type: number): void {
    const isOutput = type === RecordType.stdout;
    if (this.#reader.contentLength === 0) {
      if (isOutput) request.outputEnded = true;
      else request.errorsEnded = true;
    } else if (isOutput ? request.outputEnded : request.errorsEnded) {
      // nginx and HAProxy fail such an answer, Apache drops the rest of it: an application must not find out late.
      throw streamOrder(type, this.#reader.id, `after the end of its ${recordName(type)}`);
    } else {
      this.#sink = isOutput ? Sink.output : Sink.errors;
    }
  }

  #content(): ClientReceiveEvent | undefined {
    const reader = this.#reader;
    switch (this.#sink) {
      case Sink.output:
        return { type: "output", id: reader.id, octets: reader.content() };
      case Sink.errors:
        return { type: "errors", id: reader.id, octets: reader.content() };
      case Sink.gather:
        this.#gathered ??= new GatheredOctets();
        this.#gathered.add(reader.content(), reader.isWholeContent);
        return reader.contentLeft === 0 ? this.#gatheredEvent(this.#gathered.whole()) : undefined;
      default:
        return undefined;
    }
  }

  #gatheredEvent(octets: Uint8Array): ClientReceiveEvent {
    const { type, id } = this.#reader;
    this.#gathered = undefined;
    if (type === RecordType.getValuesResult) return valuesEvent(octets);
    if (type === RecordType.unknownType) return { type: "unknown-type", recordType: octets[0]! };
    this.open.delete(id);
    const appStatus = ((octets[0]! << 24) | (octets[1]! << 16) | (octets[2]! << 8) | octets[3]!) >>> 0;
    return { type: "end", id, appStatus, protocolStatus: octets[4]! };
  }

  #requestOf(type: number, id: number): SentRequest {
    const request = this.open.get(id);
    if (request === undefined) throw unexpectedRecord(type, id, "no such request is open");
    return request;
  }
}

function requireManagement(type: number, id: number): void {
  if (id !== 0) throw unexpectedRecord(type, id, "a management record has request id 0");
}

function valuesEvent(octets: Uint8Array): ClientReceiveEvent {
  return { type: "values", values: new Map(readPairs(decodePairs(octets, maxContentOctets))) };
}
