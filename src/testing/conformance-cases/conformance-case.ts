/**
 * What a case of the conformance suite is. The request, the application that answers it and the expectation stand
 * side by side, so that a case can be read alone.
 * @module
 */
import type { Application } from "../../bridge/index.ts";

/** Where the gateway under test can be reached, and what is known of the web server in front of it. */
export interface ConformanceTarget {
  /** Of the web server, http and without a closing slash: `http://127.0.0.1:8080`. */
  readonly origin: string;
  /** The path the application is mounted at: "" for the root, else like "/app". */
  readonly mount: string;
  /** What this web server changes and no gateway can: a row of `frontEndAllowances`, or your own. Default: nothing. */
  readonly allowances?: readonly Allowance[];
  /** How long one answer may take before the case fails, in ms. Default 20,000. */
  readonly timeoutMs?: number;
  /** Sends a request by other means than HTTP to `origin`: see `injectTarget`. Rejects when no answer comes. */
  readonly send?: (request: ConformanceRequest, options: SendOptions) => Promise<ReceivedAnswer>;
}

/** An answer as its client got it. */
export interface ReceivedAnswer {
  readonly status: number;
  /** Names in lower case, in their order. */
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>;
  readonly body: Uint8Array;
  /** False when the connection broke off before the end that the answer's framing promises. */
  readonly whole: boolean;
}

/** How a request of a case is to be sent. */
export interface SendOptions {
  readonly origin: string;
  /** As it stands in the request line, query included. */
  readonly path: string;
  readonly timeoutMs: number;
  /** Called once, when the first octets of the body have come. */
  readonly onFirstOctets?: () => void;
}

/** Other expectations for some cases, and why: found by measuring, with the web server's version. */
export interface Allowance {
  /** Names of cases. */
  readonly cases: readonly string[];
  readonly reason: string;
  /** Put over the case's own facts; undefined takes one away. */
  readonly environ?: EnvironFacts;
  /** Put over the case's own expectation; undefined takes a part of it away. */
  readonly answer?: { readonly [Part in keyof ExpectedAnswer]?: ExpectedAnswer[Part] | undefined };
  /** The case cannot be asked here at all. */
  readonly leftOut?: true;
}

export interface ConformanceRequest {
  /** Default GET. */
  readonly method?: string;
  /** What follows the case's own path segment, exactly as it is to be sent: `/a%20b`. Default: nothing. */
  readonly path?: string;
  /** Without the question mark; "" sends a bare one. Default: none. */
  readonly query?: string;
  /** In their order, repeats included; latin-1. `Host` and the framing of the body are added. */
  readonly headers?: ReadonlyArray<readonly [name: string, value: string]>;
  readonly body?: Uint8Array;
  /** Sends the body in chunks, its length undeclared. Default false. */
  readonly chunked?: boolean;
}

/**
 * What environ must have, by key: the value itself, a pattern, or null for "absent or empty". The application answers
 * with its environ as JSON where a case has facts.
 */
export type EnvironFacts = Readonly<Record<string, unknown>>;

export interface ExpectedAnswer {
  readonly status: number;
  /** By lower-case name: the value, all values where several must come apart, or null for a header that must not come. */
  readonly headers?: Readonly<Record<string, string | readonly string[] | null>>;
  /** Exact octets; a string stands for its UTF-8. Absent: not looked at. */
  readonly body?: string | Uint8Array;
  /** Text that must not be in the body. */
  readonly bodyLacks?: string;
  /**
   * Whether the answer must arrive whole (the default), or be visible to the client as broken off: cut short, or
   * replaced by an error of the web server (5xx) where it had held all of it back.
   */
  readonly ends?: "whole" | "cut";
}

/** What a case asks and what it expects, whatever answers. */
export interface AskedCase {
  /** Unique, and the first segment of the case's path: lower case letters, digits and hyphens. */
  readonly name: string;
  readonly request?: ConformanceRequest;
  /** What the application must find, by where it is mounted. */
  readonly environ?: (target: ConformanceTarget) => EnvironFacts;
  readonly answer: ExpectedAnswer;
  /** A second request, sent once the first octets of the body have come; the rest comes only after it. */
  readonly thenRequest?: ConformanceRequest;
}

export interface ConformanceCase extends AskedCase {
  /** What is held, as the end of a sentence that begins with "a gateway". */
  readonly holds: string;
  /** Answers the case's request and nothing else. */
  readonly application: Application;
}
