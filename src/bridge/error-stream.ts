/**
 * `wsgi.errors`: PEP 3333 "Input and Error Streams", S46-S48, S54. Text goes on at once, so `flush` has nothing to do.
 *
 * It knows no file and no record: where the text goes is its target's business.
 * @module
 */
import type { ErrorStream } from "./types.ts";

/** Where a request's `wsgi.errors` goes. */
export interface ErrorTarget {
  writeErrors(text: string): void;
}

/** The application's end of an ErrorTarget. Accepts any text; what has no UTF-8 form is substituted (S36). */
export class GatewayErrorStream implements ErrorStream {
  readonly #target: ErrorTarget;

  constructor(target: ErrorTarget) {
    this.#target = target;
  }

  write(text: string): void {
    this.#target.writeErrors(String(text));
  }

  writelines(lines: Iterable<string>): void {
    for (const line of lines) this.write(line);
  }

  flush(): void {}
}
