/**
 * Sessions in the memory of one process: for development, for tests, and for applications with one worker.
 *
 * Both bounds are kept by forgetting the sessions that were used longest ago. There is no timer: what has expired is
 * dropped when it is asked for, and from the old end whenever a session is kept.
 * @module
 */
import { describeValue } from "../bridge/index.ts";
import { ConfigurationError } from "../errors/index.ts";
import type { SessionStore } from "./session-store.ts";

/** Bounds of a memory store. */
export interface MemorySessionStoreOptions {
  /** The most sessions that are kept. Default 10,000. */
  readonly maxSessions?: number;
  /** The most characters that all of them may have together. Default 16,777,216. */
  readonly maxCharacters?: number;
}

interface Kept {
  readonly text: string;
  readonly expiresAt: number;
}

/**
 * Makes a store whose sessions end with the process, and that no other worker sees.
 * @throws ConfigurationError ERR_CONFIG_OPTION: a bound that is no positive integer
 */
export function memorySessionStore(options: MemorySessionStoreOptions = {}): SessionStore & {
  /** How many sessions are held, expired ones that have not been dropped yet included. */
  readonly size: number;
} {
  return new MemorySessionStore(
    checkBound("maxSessions", options.maxSessions ?? 10_000),
    checkBound("maxCharacters", options.maxCharacters ?? 16_777_216),
  );
}

class MemorySessionStore implements SessionStore {
  readonly #maxSessions: number;
  readonly #maxCharacters: number;
  /** In the order of their last use: a Map keeps the order in which its keys came. */
  readonly #kept = new Map<string, Kept>();
  #characters = 0;

  constructor(maxSessions: number, maxCharacters: number) {
    this.#maxSessions = maxSessions;
    this.#maxCharacters = maxCharacters;
  }

  get size(): number {
    return this.#kept.size;
  }

  get(id: string): string | undefined {
    return this.#find(id)?.text;
  }

  set(id: string, text: string, maxAgeSeconds: number, isNew: boolean): void {
    if (!isNew && this.#find(id) === undefined) return;
    if (text.length > this.#maxCharacters) {
      throw new ConfigurationError(
        "ERR_CONFIG_OPTION",
        `a session has ${text.length} characters and memorySessionStore takes ${this.#maxCharacters} for all; ` +
          "expected less: keep large things elsewhere, or raise maxCharacters",
      );
    }
    this.destroy(id);
    this.#kept.set(id, { text, expiresAt: Date.now() + maxAgeSeconds * 1_000 });
    this.#characters += text.length;
    this.#makeRoom();
  }

  touch(id: string, maxAgeSeconds: number): void {
    const found = this.#find(id);
    if (found === undefined) return;
    this.#kept.delete(id);
    this.#kept.set(id, { text: found.text, expiresAt: Date.now() + maxAgeSeconds * 1_000 });
  }

  destroy(id: string): void {
    const found = this.#kept.get(id);
    if (found === undefined) return;
    this.#kept.delete(id);
    this.#characters -= found.text.length;
  }

  #find(id: string): Kept | undefined {
    const found = this.#kept.get(id);
    if (found === undefined || found.expiresAt > Date.now()) return found;
    this.destroy(id);
    return undefined;
  }

  #makeRoom(): void {
    const now = Date.now();
    for (const [id, { expiresAt }] of this.#kept) {
      const isOver = this.#kept.size > this.#maxSessions || this.#characters > this.#maxCharacters;
      if (!isOver && expiresAt > now) return;
      this.destroy(id);
    }
  }
}

function checkBound(name: string, value: unknown): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value > 0) return value;
  throw new ConfigurationError(
    "ERR_CONFIG_OPTION",
    `memorySessionStore: ${name} is ${describeValue(value)}; expected a positive integer`,
  );
}
