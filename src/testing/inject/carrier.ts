/**
 * What carries a request of `inject` to an application and the answer back: real octets of one protocol, in memory.
 * @module
 */
import type { Application, LogEntry } from "../../bridge/index.ts";
import type { ServeOptions } from "../../server/index.ts";
import type { CarriedAnswer } from "./inject-answer.ts";
import type { PreparedRequest } from "./inject-request.ts";

/** The protocols that `inject` speaks. */
export type InjectProtocol = "fastcgi" | "scgi" | "cgi" | "http";

/** Options of the gateway: those of `serve` that concern a request. */
export type GatewayOptions = Omit<
  ServeOptions,
  "fastcgi" | "scgi" | "http" | "socketMode" | "backlog" | "log" | "writeErrors"
>;

/** Hears what is not part of the answer. */
export interface Recorder {
  log(entry: LogEntry): void;
  writeErrors(text: string): void;
}

/** Resolves with the head; rejects when none comes. */
export type Carrier = (
  application: Application,
  request: PreparedRequest,
  options: GatewayOptions & Recorder,
) => Promise<CarriedAnswer>;

/** How long an application may clean up after its answer has ended, in ms. */
export const endGraceMs = 2_000;
