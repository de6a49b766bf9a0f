/**
 * The third argument of a fetch handler: what it leaves running behind its answer.
 * @module
 */
import { stackOf, type ErrorStream } from "../bridge/index.ts";

/** As Cloudflare's ExecutionContext, which is what handlers are written for. */
export interface FetchContext {
  /** Holds the worker open until `promise` settles: a server that stops waits for it. A rejection is logged. */
  waitUntil(promise: Promise<unknown>): void;
  /** Does nothing: there is no origin server behind this one. */
  passThroughOnException(): void;
  /** Empty. */
  readonly props: unknown;
}

const noProps: unknown = Object.freeze({});

/** Counts what is still running. */
export class TaskContext implements FetchContext {
  readonly props: unknown = noProps;
  readonly #errors: ErrorStream;
  #running = 0;
  #settled: (() => void) | undefined = undefined;

  /** @param errors - where rejections are written */
  constructor(errors: ErrorStream) {
    this.#errors = errors;
  }

  /** True while a promise that `waitUntil` was given has not settled. */
  get running(): boolean {
    return this.#running > 0;
  }

  waitUntil(promise: Promise<unknown>): void {
    this.#running += 1;
    // A value that is no promise has settled.
    Promise.resolve(promise)
      .catch((error: unknown) => {
        this.#errors.write(`a promise that ctx.waitUntil was given rejected: ${stackOf(error)}\n`);
      })
      .finally(() => {
        this.#running -= 1;
        if (this.#running === 0) this.#settled?.();
      })
      // Whoever writes the log must not end the process.
      .catch(() => {});
  }

  passThroughOnException(): void {}

  /** Resolves when nothing runs any more, what was added in the meantime included. */
  settled(): Promise<void> {
    if (this.#running === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#settled = resolve;
    });
  }
}
