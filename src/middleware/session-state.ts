/**
 * One request's session: what the application sees of it, and what becomes of it.
 *
 * PEP 3333 M13 has sessions be functions over environ: `sessionOf(environ)` is one. A session that the application does
 * not look at costs the store nothing but the reading; one that has nothing in it is never kept.
 * @module
 */
import { isThenable, type Environ, type HeaderList } from "../bridge/index.ts";
import { ConfigurationError } from "../errors/index.ts";
import { newSessionId, type ReceivedId, type SessionCookie } from "./session-cookie.ts";
import type { SessionStore } from "./session-store.ts";
import { withVary } from "./header-list.ts";

/** What a session holds: anything that JSON can. */
export interface SessionData {
  [name: string]: unknown;
}

/** A visitor's session, as the application uses it. */
export interface Session {
  /**
   * What is kept. Change it as you like: it is compared as JSON when the head leaves. A session is kept once there is
   * something in it.
   */
  data: SessionData;
  /** What it is kept under. A secret: who knows it has the session. */
  readonly id: string;
  /** True for a visitor who has brought none. */
  readonly isNew: boolean;
  /** Gives it a new id, data and all: do so whenever a visitor logs in, so that an id known before is worth nothing. */
  regenerate(): void;
  /** Forgets it, here and in the browser. What is put into `data` afterwards begins a new one. */
  destroy(): void;
}

/**
 * The session of a request.
 * @throws ConfigurationError ERR_CONFIG_OPTION: there is no `session()` around the application
 */
export function sessionOf(environ: Environ): Session {
  const session = environ["tsgi.session"];
  if (typeof session === "object" && session !== null) return session as Session;
  throw new ConfigurationError(
    "ERR_CONFIG_OPTION",
    'environ["tsgi.session"] is missing; expected the session() middleware around this application',
  );
}

/** What the sessions of one middleware share. */
export interface SessionSettings {
  readonly store: SessionStore;
  readonly cookie: SessionCookie;
  readonly maxAgeSeconds: number;
  readonly rolling: boolean;
}

const nothing = "{}";

/** The session, from reading its text to keeping it. */
export class RequestSession implements Session {
  readonly #settings: SessionSettings;
  readonly #environ: Environ;
  /** What the store has under `#keptId`; undefined while nothing is known to be there. */
  #keptText: string | undefined;
  #keptId: string | undefined;
  #id: string | undefined;
  #data: SessionData;
  readonly #cameWithCookie: boolean;
  #accessed = false;
  #touched = false;
  #cookieDue: boolean;
  /** start_response has been called: from here on no cookie goes out. */
  #started = false;
  #cookieTold: string | undefined;
  #pending: Promise<void> | undefined = undefined;

  /** @param text - what the store had for `received`; undefined where it had nothing */
  constructor(
    settings: SessionSettings,
    environ: Environ,
    received: ReceivedId | undefined,
    text: string | null | undefined,
  ) {
    this.#settings = settings;
    this.#environ = environ;
    const data = received === undefined ? undefined : parseData(text);
    this.#cameWithCookie = received !== undefined;
    // An id that the store does not know is never adopted: somebody may have planted it.
    this.#keptId = data === undefined ? undefined : received?.id;
    this.#id = this.#keptId;
    this.#keptText = data === undefined ? undefined : (text ?? undefined);
    this.#data = data ?? {};
    this.#cookieDue = data !== undefined && (settings.rolling || received?.isStale === true);
    // The browser has this one already.
    this.#cookieTold = this.#keptId;
  }

  get data(): SessionData {
    this.#accessed = true;
    return this.#data;
  }

  set data(data: SessionData) {
    this.#accessed = true;
    this.#data = data;
  }

  get id(): string {
    this.#accessed = true;
    return (this.#id ??= newSessionId());
  }

  get isNew(): boolean {
    this.#accessed = true;
    return this.#keptId === undefined;
  }

  regenerate(): void {
    this.#accessed = true;
    this.#id = newSessionId();
  }

  destroy(): void {
    this.#accessed = true;
    this.#id = undefined;
    this.#data = {};
  }

  /** Nothing of it in logs and pages that print an environ. */
  toJSON(): string {
    return "[session]";
  }

  /** The head is being made: settles what the store and the browser are to know, and returns the head with it. */
  head(headers: HeaderList): HeaderList {
    this.save();
    this.#started = true;
    const cookie = this.#setCookie();
    // A visitor's cookie on a page that nobody looked the session up for is still that visitor's alone.
    const changed = this.#accessed || cookie !== undefined ? withVary(headers, "Cookie") : headers;
    return cookie === undefined ? changed : [...changed, ["Set-Cookie", cookie]];
  }

  /** What the store is still at work on. Rejects when it has failed. */
  get pending(): Promise<void> | undefined {
    return this.#pending;
  }

  /** Brings the store up to date. May be called again and again. */
  save(): void {
    const text = this.#accessed ? JSON.stringify(this.#data) : (this.#keptText ?? nothing);
    const keptId = this.#keptId;
    if (this.#id === undefined || this.#id !== keptId) {
      if (keptId !== undefined) this.#forget(keptId);
      // Nobody wants an empty session kept, and a crawler would leave thousands.
      if (text !== nothing) this.#keep(this.id, text, true);
    } else if (text !== this.#keptText) this.#keep(keptId, text, false);
    else if (!this.#touched) this.#run((store) => store.touch(keptId, this.#settings.maxAgeSeconds));
    this.#touched = true;
  }

  #keep(id: string, text: string, isNew: boolean): void {
    if (isNew && this.#started) this.#complain();
    this.#keptId = id;
    this.#keptText = text;
    this.#run((store) => store.set(id, text, this.#settings.maxAgeSeconds, isNew));
  }

  #forget(id: string): void {
    this.#keptId = undefined;
    this.#keptText = undefined;
    this.#run((store) => store.destroy(id));
  }

  #setCookie(): string | undefined {
    const scheme = this.#environ["wsgi.url_scheme"];
    const { cookie } = this.#settings;
    if (this.#keptId === undefined) {
      // Only a session that is gone by the application's will: what came with no session behind it does no harm.
      return this.#cameWithCookie && this.#cookieTold !== undefined ? cookie.clear(scheme) : undefined;
    }
    if (this.#keptId !== this.#cookieTold) this.#cookieDue = true;
    return this.#cookieDue ? cookie.write(this.#keptId, scheme) : undefined;
  }

  /** One thing after the other, the way they were asked for; at once where the store answers at once. */
  #run(task: (store: SessionStore) => void | Promise<void>): void {
    const { store } = this.#settings;
    const result = this.#pending === undefined ? task(store) : this.#pending.then(() => task(store));
    if (!isThenable(result)) return;
    const settled: Promise<void> = Promise.resolve(result).then(() => {
      if (this.#pending === settled) this.#pending = undefined;
    });
    // Whoever sends the answer waits for it; an answer that never comes must not leave a rejection behind.
    settled.catch(() => {});
    this.#pending = settled;
  }

  #complain(): void {
    this.#environ["wsgi.errors"].write(
      "session: a session began, or got a new id, after startResponse had been called: the browser does not learn of " +
        "it; expected changes before startResponse\n",
    );
  }
}

/** What is kept may have been written by another version of the application, or by hand. */
function parseData(text: string | null | undefined): SessionData | undefined {
  if (text === undefined || text === null) return undefined;
  try {
    const data: unknown = JSON.parse(text);
    return typeof data === "object" && data !== null && !Array.isArray(data)
      ? (data as SessionData)
      : undefined;
  } catch {
    return undefined;
  }
}
