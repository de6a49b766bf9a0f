/**
 * What a master works with: its sockets, and the master before it.
 * @module
 */
import type { HeldSocket } from "../server/index.ts";
import type { WorkerSocket } from "./messages.ts";

/** A socket that the master holds, and what is spoken there. */
export interface MasterSocket {
  readonly protocol: WorkerSocket["protocol"];
  /** As it was asked for: how a new master finds the sockets of the old one. */
  readonly asked: string;
  readonly held: HeldSocket;
}

/** The older master that this one replaces. */
export interface Predecessor {
  /**
   * Tells it that this one is ready.
   * @returns false when it has gone, or stops: nothing is handed over then
   */
  ready(): Promise<boolean>;
  /** Resolves when it goes without having handed anything over. */
  readonly gone: Promise<void>;
}
