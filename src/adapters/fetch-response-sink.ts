/**
 * Where an Exchange answers into when a Response is what is wanted: text and octets that are there at once make a
 * Response of octets, all else one with a stream that holds the application back as its reader does.
 * @module
 */
import type { HeaderList, ResponseSink } from "../bridge/index.ts";
import { RequestAbortedError, ResponseError } from "../errors/index.ts";

/** Octets that wait for the reader before the application is held back. */
const highWaterOctets = 65_536;

type Waiter = PromiseWithResolvers<void>;

/** One answer. */
export class FetchResponseSink implements ResponseSink {
  /** Resolves with the Response once its head is known; rejects when the request is aborted before. */
  readonly response: Promise<Response>;
  /** Called when the Response's body is cancelled. */
  onCancel: ((reason: unknown) => void) | undefined = undefined;
  readonly #resolve: (response: Response) => void;
  readonly #reject: (reason: unknown) => void;
  #status = "";
  #headers: Readonly<HeaderList> = [];
  /** What came before there was a stream. */
  #early: Uint8Array[] = [];
  #earlyOctets = 0;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined = undefined;
  #waiters: Waiter[] = [];
  #abortReason: RequestAbortedError | undefined = undefined;

  constructor() {
    const { promise, resolve, reject } = withResolvers<Response>();
    this.response = promise;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  head(status: string, headers: Readonly<HeaderList>): void {
    const code = Number(status.slice(0, 3));
    if (code > 599) {
      throw new ResponseError(
        "ERR_RESPONSE_STATUS",
        `the status is ${JSON.stringify(status)}; a fetch Response has 200 to 599`,
      );
    }
    this.#status = status;
    this.#headers = headers;
  }

  body(octets: Uint8Array): boolean {
    if (this.#abortReason !== undefined) return false;
    // A copy: a reader may keep its chunks, and the application may write to its own again.
    const chunk = new Uint8Array(octets);
    if (this.#controller === undefined) {
      this.#early.push(chunk);
      this.#earlyOctets += chunk.length;
      return this.#earlyOctets < highWaterOctets;
    }
    this.#controller.enqueue(chunk);
    return (this.#controller.desiredSize ?? 0) > 0;
  }

  flush(): void {
    this.#open();
  }

  drained(): Promise<void> {
    if (this.#abortReason !== undefined) return Promise.reject(this.#abortReason);
    const controller = this.#open();
    if ((controller.desiredSize ?? 0) > 0) return Promise.resolve();
    const waiter = withResolvers<void>();
    this.#waiters.push(waiter);
    return waiter.promise;
  }

  /** `wsgi.errors` has a place of its own; HTTP has none. */
  errors(): void {}

  end(complete: boolean): void {
    if (this.#abortReason !== undefined) return;
    if (complete && this.#controller === undefined) {
      this.#respond(this.#early.length === 1 ? this.#early[0]! : Buffer.concat(this.#early));
      return;
    }
    const controller = this.#open();
    if (complete) controller.close();
    else {
      controller.error(
        new ResponseError(
          "ERR_RESPONSE_LENGTH",
          "the answer broke off: the application failed, or gave less than its Content-Length; the log says which",
        ),
      );
    }
  }

  /** Nobody wants the answer any more. */
  abort(reason: RequestAbortedError): void {
    if (this.#abortReason !== undefined) return;
    this.#abortReason = reason;
    this.#reject(reason);
    this.#early = [];
    for (const waiter of this.#waiters.splice(0)) waiter.reject(reason);
    try {
      this.#controller?.error(reason);
    } catch {
      // It has ended already.
    }
  }

  #open(): ReadableStreamDefaultController<Uint8Array> {
    if (this.#controller !== undefined) return this.#controller;
    const stream = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
          for (const chunk of this.#early.splice(0)) controller.enqueue(chunk);
        },
        pull: () => {
          for (const waiter of this.#waiters.splice(0)) waiter.resolve();
        },
        cancel: (reason) => this.onCancel?.(reason),
      },
      { highWaterMark: highWaterOctets, size: (chunk) => chunk.length },
    );
    this.#respond(stream);
    return this.#controller!;
  }

  #respond(body: Uint8Array | ReadableStream<Uint8Array>): void {
    const status = Number(this.#status.slice(0, 3));
    const hasNone = status === 204 || status === 205 || status === 304;
    const init = {
      status,
      statusText: this.#status.slice(4),
      headers: this.#headers.map(([...pair]) => pair),
    };
    try {
      const response = new Response(hasNone ? null : (body as BodySource), init);
      this.#resolve(response);
    } catch (error) {
      this.#reject(error);
    }
  }
}

type BodySource = ConstructorParameters<typeof Response>[0];

function withResolvers<Value>(): PromiseWithResolvers<Value> {
  let resolve: (value: Value) => void = () => {};
  let reject: (reason: unknown) => void = () => {};
  const promise = new Promise<Value>((resolveIt, rejectIt) => {
    resolve = resolveIt as (value: Value) => void;
    reject = rejectIt;
  });
  return { promise, resolve, reject };
}

interface PromiseWithResolvers<Value> {
  readonly promise: Promise<Value>;
  readonly resolve: (value: Value) => void;
  readonly reject: (reason: unknown) => void;
}
