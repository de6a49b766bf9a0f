/**
 * What the connections of one server share, and what they ask of it.
 * @module
 */
import type { Application, ExchangeSettings, ProtocolName } from "../bridge/index.ts";
import type { BlockPool } from "../protocols/output-buffer.ts";
import type { ServerLimits } from "./limits.ts";
import type { RunningExchanges } from "./running-exchanges.ts";
import type { RequestStatistics } from "./statistics.ts";

export interface ConnectionHost {
  readonly application: Application;
  readonly settings: ExchangeSettings;
  readonly limits: ServerLimits;
  readonly pool: BlockPool;
  readonly running: RunningExchanges;
  /** Undefined: nothing is counted. */
  readonly statistics: RequestStatistics | undefined;
  /** Milliseconds, as of the last tick of the server's one timer: a clock that costs nothing to read. */
  readonly now: number;
  /** True once `close()` has begun. */
  readonly draining: boolean;
  /** True when kept connections are to end with the answer they are at, at the latest. */
  readonly lastCall: boolean;
}

/** A request whose application has been called and whose answer has not ended. */
export interface OpenRequest {
  readonly method: string;
  readonly path: string;
  /** On the clock of `performance.now()`, half a second too early at worst. */
  readonly startedAt: number;
}

/** Which listening socket a connection came from, for log lines and for what an end of stream means there. */
export interface ConnectionOrigin {
  readonly protocol: ProtocolName;
  /** The listening address as text, e.g. `unix:/run/app.sock`. */
  readonly address: string;
  /** On a UNIX socket a half-close can be told from a close; on TCP it cannot. */
  readonly unix: boolean;
}
