/**
 * The answer of `inject`: whole, or while it comes.
 * @module
 */
import type { LogEntry } from "../../bridge/index.ts";

/** What the application wrote besides its answer. Both grow while it runs. */
export interface InjectRecord {
  /** What went to `wsgi.errors`. */
  readonly errors: string;
  /** What the gateway logged: exceptions, broken rules, aborted requests. */
  readonly log: readonly LogEntry[];
}

/** The head of an answer. */
export interface InjectedHead {
  readonly status: number;
  /** "Not Found" and the like. */
  readonly reason: string;
  /** By lower-case name; repeated ones are joined with ", ". For Set-Cookie see `headerList`. */
  readonly headers: Readonly<Record<string, string>>;
  /** As the application gave them, repeats included. */
  readonly headerList: ReadonlyArray<readonly [name: string, value: string]>;
}

/** An answer that has ended. */
export interface InjectedAnswer extends InjectedHead, InjectRecord {
  readonly body: Uint8Array;
  /** True when it broke off: the application failed after its head, or promised more than it gave. */
  readonly truncated: boolean;
  /** The body as UTF-8. */
  text(): string;
  /** The body as JSON. @throws SyntaxError */
  json(): unknown;
}

/** An answer whose head has come. */
export interface StreamedAnswer extends InjectedHead, InjectRecord {
  /**
   * The body as it comes. A reader that waits makes the application wait; one that stops ends the request. Rejects
   * when the answer breaks off.
   */
  readonly body: AsyncIterable<Uint8Array>;
  /** Resolves once nothing of the request runs any more, `close()` of its body included. Read or cancel the body first. */
  ended(): Promise<void>;
}

/** What a carrier brings. */
export interface CarriedAnswer {
  readonly status: number;
  readonly reason: string;
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>;
  readonly body: AsyncIterable<Uint8Array>;
  /** Ends what carried it, once the application is done or the time for that is over. */
  end(): Promise<void>;
}

/** Looks headers up by name. */
export function headersOf(list: CarriedAnswer["headers"]): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [name, value] of list) {
    const key = name.toLowerCase();
    found[key] = found[key] === undefined ? value : `${found[key]}, ${value}`;
  }
  return found;
}
