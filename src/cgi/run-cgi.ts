/**
 * `runCgi`: one request from the environment, standard input and standard output, as a classic cgi-bin program.
 *
 * Whatever happens before the head is out is answered with a whole 500 and its cause on standard error: an exception
 * of the application, one that nobody caught, an application that never answers, process.exit(). RFC 3875; PEP 3333
 * "The Server/Gateway Side", security H1.
 * @module
 */
import { writeSync } from "node:fs";
import {
  errorPage,
  escapeControls,
  gatewayStatus,
  summaryOf,
  type Application,
  type ExchangeSettings,
  type LogEntry,
} from "../bridge/index.ts";
import { ConfigurationError, RequestAbortedError, ResponseError } from "../errors/index.ts";
import { chooseLimits } from "../protocols/choose-limits.ts";
import { cgiLimits, type CgiLimits } from "./limits.ts";
import { descriptorChannel } from "./script-channel.ts";
import { environmentBlock } from "./script-environment.ts";
import { ScriptExchange } from "./script-exchange.ts";
import { scriptSettings } from "./script-settings.ts";

export interface CgiOptions extends Partial<CgiLimits> {
  /** Unset: SCRIPT_NAME and PATH_INFO as sent. A string: both are split again at this mount ("" or "/app"). */
  readonly scriptName?: string;
  /** Pairs put over the web server's variables in the environ. */
  readonly environ?: Readonly<Record<string, string>>;
  /** Error pages show the stack. Default false. */
  readonly debug?: boolean;
  /** Write a complete HTTP head. Default: for scripts whose name begins with `nph-`, as web servers do. */
  readonly nonParsedHeader?: boolean;
  /** The error log. Default: a line on standard error, which web servers put into their own. */
  readonly log?: (entry: LogEntry) => void;
  /** Where `wsgi.errors` goes. Default: standard error. */
  readonly writeErrors?: (text: string) => void;
  /**
   * End the process once the request is over, whatever timers and sockets the application has left. Default true.
   * False: the promise resolves instead, and the exit status is set.
   */
  readonly exit?: boolean;
}

const [standardInput, standardOutput, standardError] = [0, 1, 2];

/** How long an application may clean up after the web server has sent TERM, in ms. Apache sends KILL after 3 s. */
const terminationMs = 1_000;

/**
 * Answers the one request that this process was started for, then ends the process: status 0 when the answer is whole,
 * 1 when it was cut short.
 *
 * Called wrongly, it answers 500: a visitor waits all the same.
 * @throws ConfigurationError ERR_CONFIG_OPTION, after that answer and only where `exit` is false: for what is no function,
 * for a limit that is no number above 0
 */
export async function runCgi(application: Application, options: CgiOptions = {}): Promise<void> {
  protectProcess();
  let limits: CgiLimits;
  try {
    if (typeof application !== "function") throw noApplication(application);
    limits = chooseLimits(cgiLimits, options);
  } catch (error) {
    const failing = (): never => {
      throw error;
    };
    await new ScriptRun(failing, options, cgiLimits).ended;
    throw error;
  }
  await new ScriptRun(application, options, limits).ended;
}

function noApplication(given: unknown): ConfigurationError {
  const what = given === null ? "null" : typeof given;
  return new ConfigurationError(
    "ERR_CONFIG_OPTION",
    `runCgi() got ${what} for an application: it takes a function (environ, startResponse)`,
  );
}

/**
 * Takes from this process what a web server gives a script and no program should have: HTTP_PROXY, which a client sets
 * with a Proxy header and which HTTP libraries obey (H1), and console.log into the middle of the answer.
 */
export function protectProcess(): void {
  delete process.env["HTTP_PROXY"];
  Object.defineProperty(process, "stdout", { configurable: true, get: () => process.stderr });
}

class ScriptRun {
  readonly ended: Promise<void>;
  readonly #settings: ExchangeSettings;
  readonly #script: ScriptExchange;
  readonly #exits: boolean;
  #resolve: () => void = () => {};
  #answered = false;
  #ending = false;

  constructor(application: Application, options: CgiOptions, limits: CgiLimits) {
    this.ended = new Promise((resolve) => (this.#resolve = resolve));
    this.#exits = options.exit ?? true;
    this.#settings = scriptSettings(options, limits, writeError);
    const channel = descriptorChannel(standardInput, standardOutput);
    const request = {
      variables: process.env,
      block: environmentBlock(),
      channel,
      nonParsedHeader: options.nonParsedHeader,
    };
    this.#script = new ScriptExchange(application, request, this.#settings, limits, {
      answered: (complete) => {
        this.#answered = true;
        process.exitCode = complete ? 0 : 1;
        if (this.#exits) channel.close();
        this.#endIfOver();
      },
      gone: (reason) => this.#gone(reason),
      finished: () => this.#endIfOver(),
    });
    this.#guard();
    this.#script.start();
    if (!this.#ending) setImmediate(() => this.#honourTermination());
  }

  /** Sees to an answer also where the application does not. */
  #guard(): void {
    process.on("uncaughtException", this.#onUncaught);
    process.on("beforeExit", this.#onIdle);
    process.on("exit", this.#onExit);
  }

  readonly #onUncaught = (error: unknown): void => {
    this.#fail("an exception that nobody caught ended the script", error);
    process.exit(1);
  };

  readonly #onIdle = (): void => {
    if (this.#ending) return;
    const message = "the application never answers: nothing is left that could settle its promise";
    this.#fail("the application failed", new ResponseError("ERR_RESPONSE_NOT_STARTED", message));
    process.exit(1);
  };

  readonly #onExit = (): void => {
    if (this.#ending) return;
    const message = "process.exit() was called before the answer was whole";
    this.#fail("the application failed", new ResponseError("ERR_RESPONSE_NOT_STARTED", message));
    process.exitCode = 1;
  };

  /** Logs an error from outside of the application's call; answers it with a page if no head is out. */
  #fail(what: string, error: unknown): void {
    const message = `${this.#script.label}: ${escapeControls(`${what}: ${summaryOf(error)}`)}`;
    this.#settings.log({ level: "error", message, error });
    if (this.#ending || this.#answered) return;
    this.#ending = true;
    if (this.#script.output.headGiven) return;
    this.#script.output.headGiven = true;
    const page = errorPage(
      gatewayStatus.internalServerError,
      this.#settings.debug && error instanceof Error ? error.stack : undefined,
    );
    const head = this.#script.encodeHead(page.status, page.headers);
    const isHead = process.env["REQUEST_METHOD"] === "HEAD";
    try {
      writeSync(standardOutput, isHead ? head : Buffer.concat([head, page.octets]));
    } catch {
      // Nobody reads any more.
    }
  }

  /** From the second turn on: most answers are out before, and a handler costs as much as they do. */
  #honourTermination(): void {
    if (this.#ending) return;
    process.once("SIGTERM", () => {
      this.#gone(
        new RequestAbortedError(
          "ERR_REQUEST_ABORTED",
          "the request was aborted: the web server ended the script (SIGTERM)",
        ),
      );
      setTimeout(() => endProcess(1, true), terminationMs).unref();
    });
  }

  #gone(reason: RequestAbortedError): void {
    process.exitCode = 1;
    this.#answered = true;
    this.#script.abort(reason);
    this.#endIfOver();
  }

  #endIfOver(): void {
    if (this.#ending || !this.#answered || !this.#script.finished) return;
    this.#ending = true;
    void this.#finish();
  }

  async #finish(): Promise<void> {
    await this.#script.input.drain();
    process.off("uncaughtException", this.#onUncaught);
    process.off("beforeExit", this.#onIdle);
    process.off("exit", this.#onExit);
    if (this.#exits) endProcess(process.exitCode === 0 ? 0 : 1, this.#script.input.reading);
    this.#resolve();
  }
}

/** A read that waits for a web server that sends nothing holds up exit(); only a signal ends the process then. */
function endProcess(status: number, isReading: boolean): void {
  if (isReading) process.kill(process.pid, "SIGKILL");
  process.exit(status);
}

function writeError(text: string): void {
  try {
    writeSync(standardError, text);
  } catch {
    // A web server that does not take errors must not cost the client its answer.
  }
}
