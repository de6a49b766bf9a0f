/**
 * `session`: data of a visitor that lasts from one request to the next, behind a cookie.
 *
 * What flup's SessionMiddleware was for. The session is read before the application is called, and kept before the head
 * leaves, so that the next request finds it.
 * @module
 */
import {
  copyEnviron,
  describeValue,
  isThenable,
  type Application,
  type Environ,
  type Middleware,
  type ResponseBody,
  type StartResponse,
} from "../bridge/index.ts";
import { ConfigurationError } from "../errors/index.ts";
import { holdResponse } from "./hold-response.ts";
import { memorySessionStore } from "./memory-session-store.ts";
import { SessionCookie, type ReceivedId, type SessionCookieOptions } from "./session-cookie.ts";
import { RequestSession, type SessionSettings } from "./session-state.ts";
import type { SessionStore } from "./session-store.ts";

/** What `session` can be told. */
export interface SessionOptions {
  /** Where sessions are kept. Default: `memorySessionStore()`, which one process has for itself. */
  readonly store?: SessionStore;
  /** Signs the cookie; of several the first signs and all are believed. 16 characters or more. Default: not signed. */
  readonly secret?: string | readonly string[];
  readonly cookie?: SessionCookieOptions;
  /** How long a session is kept from its last request on, in seconds. Default 3,600, as flup has it. */
  readonly maxAgeSeconds?: number;
  /** Sends the cookie with every answer: `cookie.maxAgeSeconds` then counts from the last one. Default false. */
  readonly rolling?: boolean;
}

/**
 * Gives the application a session: `sessionOf(environ)`, which is `environ["tsgi.session"]`.
 * @throws ConfigurationError ERR_CONFIG_OPTION: an attribute that no cookie can have, a short secret, a time that is none
 */
export function session(options: SessionOptions = {}): Middleware {
  const { store = memorySessionStore(), maxAgeSeconds = 3_600, rolling = false } = options;
  if (!Number.isSafeInteger(maxAgeSeconds) || maxAgeSeconds <= 0) {
    throw new ConfigurationError(
      "ERR_CONFIG_OPTION",
      `session: maxAgeSeconds is ${describeValue(maxAgeSeconds)}; expected a positive integer`,
    );
  }
  const cookie = new SessionCookie(options.cookie ?? {}, options.secret);
  const settings: SessionSettings = { store, cookie, maxAgeSeconds, rolling };
  return (application) => (environ, startResponse) => {
    const received = cookie.read(environ);
    const text = received === undefined ? undefined : store.get(received.id);
    if (!isThenable(text)) return answer(settings, received, text, application, environ, startResponse);
    return text.then((found) => answer(settings, received, found, application, environ, startResponse));
  };
}

function answer(
  settings: SessionSettings,
  received: ReceivedId | undefined,
  text: string | null | undefined,
  application: Application,
  environ: Environ,
  startResponse: StartResponse,
): ResponseBody | Promise<ResponseBody> {
  const own = new RequestSession(settings, environ, received, text);
  const inner = copyEnviron(environ, { "tsgi.session": own });
  const save = (): Promise<void> | undefined => {
    own.save();
    return own.pending;
  };
  return holdResponse(application, inner, startResponse, {
    head: (headers) => own.head(headers),
    before: save,
    closed: save,
  });
}
