/**
 * What an access log says of one request, taken down while it is answered. Exists only where somebody logs requests.
 *
 * It knows no format and no clock: those are access-log-format.ts and the observer's.
 * @module
 */
import type { ParamsBlock } from "../protocols/params-block.ts";
import type { Answer } from "./answer.ts";
import { copyEnviron } from "./copy-environ.ts";
import type { ErrorPage } from "./error-page.ts";
import type { NamedRequest, RequestObserver, RequestWatch } from "./exchange-types.ts";
import { findParam } from "./param-lookup.ts";
import type { Environ } from "./types.ts";

/** What nginx writes when there was nobody to answer: no status was sent. */
const nobodyThere = "499 Client Closed Request";

/** What says which request it was. An application may change its environ (PEP 3333 S4); the log says what was asked. */
const identity = [
  "REQUEST_METHOD",
  "REQUEST_URI",
  "SCRIPT_NAME",
  "PATH_INFO",
  "QUERY_STRING",
  "SERVER_PROTOCOL",
  "REMOTE_ADDR",
] as const;

/** What there is to say of a request that never got an environ. */
const refusedNames = [
  ...identity,
  "REMOTE_PORT",
  "SERVER_NAME",
  "SERVER_PORT",
  "HTTP_HOST",
  "HTTP_REFERER",
  "HTTP_USER_AGENT",
];

type Fields = Readonly<Record<string, unknown>>;

export class WatchedRequest {
  readonly #watch: RequestWatch;
  #environ: Fields = {};
  #asked: readonly unknown[] | undefined = undefined;
  #page: ErrorPage | undefined = undefined;
  #pageOctets = 0;
  #over = false;

  constructor(observer: RequestObserver, request: NamedRequest) {
    this.#watch = observer.began(request);
  }

  /** It has an environ, which the application is about to get. */
  accepted(environ: Environ): void {
    this.#environ = environ;
    environ["tsgi.access_log"] = this.#watch.notes;
    this.#asked = identity.map((name) => environ[name]);
  }

  /** It has none: what can be found among its parameters must do. */
  refused(params: ParamsBlock): void {
    const found: Record<string, string> = {};
    for (const name of refusedNames) found[name] = findParam(params, name);
    this.#environ = found;
  }

  /** The gateway's own page is sent, without its body for HEAD. */
  answeredBy(page: ErrorPage, isHead: boolean): void {
    this.#page = page;
    this.#pageOctets = isHead ? 0 : page.octets.length;
  }

  /** The answer has ended, or the peer has gone. What comes later says nothing new. */
  ended(answer: Answer, complete: boolean): void {
    if (this.#over) return;
    this.#over = true;
    const page = this.#page;
    const status = page?.status ?? (answer.headSent ? answer.status : undefined);
    this.#watch.ended({
      environ: this.#askedEnviron(),
      status: status ?? nobodyThere,
      headers: page?.headers ?? (status === undefined ? [] : answer.headers),
      octets: page === undefined ? answer.sentOctets : this.#pageOctets,
      aborted: !complete,
    });
  }

  #askedEnviron(): Fields {
    const environ = this.#environ;
    const asked = this.#asked;
    if (asked === undefined || identity.every((name, index) => environ[name] === asked[index]))
      return environ;
    const changes = Object.fromEntries(identity.map((name, index) => [name, asked[index]]));
    return copyEnviron(environ as Environ, changes);
  }
}
