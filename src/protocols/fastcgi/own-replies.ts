/**
 * The replies that the application side owes by itself: END_REQUEST for what it refuses, GET_VALUES_RESULT,
 * UNKNOWN_TYPE (specification sections 4.1, 4.2 and 5.5), and how many of them may wait.
 *
 * GET_VALUES_RESULT has each known name that was asked for, once, whatever values came with the question.
 * @module
 */
import { readPairs } from "../native-string.ts";
import { ProtocolStatus, RecordType, ValueName, type ProtocolStatusCode } from "./constants.ts";
import type { FastcgiLimits } from "./limits.ts";
import { decodePairs, encodePairs } from "./pairs.ts";
import type { RecordWriter } from "./record-writer.ts";

/** Octets of replies that may wait before no more is read of what they reply to. */
const maxWaitingOctets = 65_536;

/** A question has at most so many names: a record's content, two octets for each empty pair. */
const maxNames = 32_768;

/** HAProxy takes the second for 1 unless the first says that the connection multiplexes. */
const noRequests: Uint8Array = encodePairs([
  [ValueName.multiplexes, "1"],
  [ValueName.maxRequests, "0"],
]);

export class OwnReplies {
  readonly #writer: RecordWriter;
  readonly #limits: FastcgiLimits;
  #waitingOctets = 0;

  constructor(writer: RecordWriter, limits: FastcgiLimits) {
    this.#writer = writer;
    this.#limits = limits;
  }

  /** True while more than 64 KiB of replies wait. */
  get areTooMany(): boolean {
    return this.#waitingOctets > maxWaitingOctets;
  }

  /** Some output has been taken, so replies may have left. */
  outputTaken(): void {
    if (this.#waitingOctets > 0)
      this.#waitingOctets = Math.min(this.#waitingOctets, this.#writer.pendingOctets);
  }

  /** END_REQUEST for a request that nobody has heard of. */
  endRequest(id: number, status: ProtocolStatusCode = ProtocolStatus.requestComplete): void {
    const before = this.#writer.pendingOctets;
    this.#writer.writeControl(RecordType.endRequest, id, 0, status);
    this.#count(before);
  }

  /** UNKNOWN_TYPE for a management record of this type. */
  unknownType(type: number): void {
    const before = this.#writer.pendingOctets;
    this.#writer.writeControl(RecordType.unknownType, 0, type << 24, 0);
    this.#count(before);
  }

  /**
   * GET_VALUES_RESULT for the content of a GET_VALUES.
   * @throws RemoteProtocolError ERR_FCGI_PAIR
   */
  values(question: Uint8Array): void {
    const answers = new Map<string, string>();
    for (const [name] of readPairs(decodePairs(question, maxNames))) {
      const value = this.#valueOf(name);
      if (value !== undefined) answers.set(name, value);
    }
    const before = this.#writer.pendingOctets;
    if (answers.size === 0) this.#writer.writeEmpty(RecordType.getValuesResult, 0);
    else this.#writer.appendWhole(RecordType.getValuesResult, 0, encodePairs(answers));
    this.#count(before);
  }

  /** GET_VALUES_RESULT that says, unasked, how many requests the connection takes: none. */
  noMoreRequests(): void {
    const before = this.#writer.pendingOctets;
    this.#writer.appendWhole(RecordType.getValuesResult, 0, noRequests);
    this.#count(before);
  }

  #valueOf(name: string): string | undefined {
    const { maxConnections, maxRequests } = this.#limits;
    switch (name) {
      case ValueName.maxConnections:
        return String(maxConnections);
      case ValueName.maxRequests:
        // Of all connections together, as the specification has it.
        return String(maxConnections * maxRequests);
      case ValueName.multiplexes:
        return maxRequests > 1 ? "1" : "0";
      default:
        return undefined;
    }
  }

  #count(before: number): void {
    this.#waitingOctets += this.#writer.pendingOctets - before;
  }
}
