/**
 * Where sessions are kept between requests. `memorySessionStore` is one; a database or a cache makes another.
 * @module
 */

/**
 * Keeps texts by id. Each method may give its result or a promise of it. An id has 32 characters of A-Z, a-z, 0-9, "-"
 * and "_"; a text is JSON.
 */
export interface SessionStore {
  /** The text of a session that has not expired; undefined or null where there is none. */
  get(id: string): string | null | undefined | Promise<string | null | undefined>;
  /**
   * Keeps a text for `maxAgeSeconds` from now. With `isNew` false only where the id is still there: a session that
   * another request has destroyed in the meantime must stay destroyed (Redis: SET with NX or XX).
   */
  set(id: string, text: string, maxAgeSeconds: number, isNew: boolean): void | Promise<void>;
  /** Keeps what is there for `maxAgeSeconds` from now. Does nothing where the id is not there. */
  touch(id: string, maxAgeSeconds: number): void | Promise<void>;
  /** Forgets a session. Does nothing where the id is not there. */
  destroy(id: string): void | Promise<void>;
}
