/**
 * One CGI request from its variables to the end of its answer, whatever it is read from and written to. RFC 3875.
 *
 * It ends no process and looks at none; run-cgi.ts does.
 * @module
 */
import { Exchange, type Application, type ExchangeSettings } from "../bridge/index.ts";
import type { RequestAbortedError } from "../errors/index.ts";
import {
  decodeEnvironmentBlock,
  encodeNonParsedHead,
  encodeResponseHead,
  isNonParsedHeader,
  scriptBodyLength,
} from "../protocols/cgi/index.ts";
import type { CgiLimits } from "./limits.ts";
import type { ScriptChannel } from "./script-channel.ts";
import { ScriptInput } from "./script-input.ts";
import { ScriptOutput } from "./script-output.ts";

/** The request of a script. */
export interface ScriptRequest {
  /** The variables, as Node.js has them. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** The same as octets: `NAME=value`, each ended by NUL. */
  readonly block: Uint8Array;
  readonly channel: ScriptChannel;
  /** Write a complete HTTP head; undefined: as the script's name says. */
  readonly nonParsedHeader?: boolean | undefined;
}

/** Told how the request ends. */
export interface ScriptOwner {
  /** The last octet has been written, or the answer was given up. */
  answered(complete: boolean): void;
  /** The web server reads no more. */
  gone(reason: RequestAbortedError): void;
  /** Nothing of the application runs any more. */
  finished(): void;
}

export class ScriptExchange {
  readonly input: ScriptInput;
  readonly output: ScriptOutput;
  readonly encodeHead: typeof encodeResponseHead;
  readonly #exchange: Exchange;

  /** Nothing runs before `start`. */
  constructor(
    application: Application,
    request: ScriptRequest,
    settings: ExchangeSettings,
    limits: CgiLimits,
    owner: ScriptOwner,
  ) {
    const { variables, block, channel, nonParsedHeader } = request;
    const isRaw =
      nonParsedHeader ?? isNonParsedHeader(variables["SCRIPT_FILENAME"] ?? variables["SCRIPT_NAME"] ?? "");
    this.encodeHead = isRaw
      ? (status, headers) => encodeNonParsedHead(status, headers, new Date().toUTCString())
      : encodeResponseHead;
    this.output = new ScriptOutput({
      channel,
      highWaterOctets: limits.answerHighWaterOctets,
      encodeHead: this.encodeHead,
      onStall: (isStalled) => (this.input.readsAhead = isStalled),
      onAbort: (reason) => owner.gone(reason),
      onEnd: (complete) => owner.answered(complete),
    });
    this.#exchange = new Exchange(
      application,
      { protocol: "cgi", role: "responder", params: decodeEnvironmentBlock(block) },
      this.output,
      settings,
    );
    this.#exchange.onFinished = () => owner.finished();
    const length = scriptBodyLength(variables);
    this.input = new ScriptInput(
      channel,
      Number.isNaN(length) ? undefined : length,
      this.#exchange.input,
      limits,
    );
  }

  /** True once nothing of the application runs any more. */
  get finished(): boolean {
    return this.#exchange.finished;
  }

  /** Its method and path, as log lines name it. */
  get label(): string {
    return `${this.#exchange.method} ${this.#exchange.path}`;
  }

  /** Calls the application. */
  start(): void {
    this.#exchange.start();
  }

  abort(reason: RequestAbortedError): void {
    this.#exchange.abort(reason);
  }
}
