/**
 * The variables that say who the client is and what it asked for, changed together so that they go on agreeing.
 * @module
 */
import type { Environ } from "../bridge/index.ts";
import type { ForwardedNode } from "./forwarded.ts";

const names = [
  "REMOTE_ADDR",
  "REMOTE_PORT",
  "REMOTE_HOST",
  "HTTPS",
  "REQUEST_SCHEME",
  "wsgi.url_scheme",
  "SERVER_NAME",
  "SERVER_PORT",
  "HTTP_HOST",
  "SCRIPT_NAME",
  "REQUEST_URI",
] as const;

type Facts = Partial<Record<(typeof names)[number], string | undefined>>;

const defaultPorts = { http: "80", https: "443" } as const;

/** Takes down what is to be changed in one environ; the environ itself is left alone. */
export class ClientFacts {
  readonly #before: Facts = {};
  readonly #now: Facts = {};

  constructor(environ: Environ) {
    for (const name of names) this.#now[name] = this.#before[name] = environ[name] as string | undefined;
  }

  /** Puts the client in the peer's place: the peer's port and name are none of the client's. */
  setAddress({ address, port }: ForwardedNode): void {
    this.#now.REMOTE_ADDR = address;
    this.#now.REMOTE_PORT = port;
    this.#now.REMOTE_HOST = undefined;
  }

  /** Sets the scheme, and the port with it where that was the other scheme's own. */
  setScheme(scheme: "http" | "https"): void {
    const now = this.#now;
    if (now.SERVER_PORT === defaultPorts[scheme === "http" ? "https" : "http"]) {
      now.SERVER_PORT = defaultPorts[scheme];
    }
    now["wsgi.url_scheme"] = scheme;
    now.HTTPS = scheme === "https" ? "on" : undefined;
    if (now.REQUEST_SCHEME !== undefined) now.REQUEST_SCHEME = scheme;
  }

  /** Sets the host that the client asked for; without a port it is the scheme's own. */
  setHost(name: string, port: string | undefined): void {
    this.#now.HTTP_HOST = port === undefined ? name : `${name}:${port}`;
    this.#now.SERVER_NAME = name;
    this.#now.SERVER_PORT = port ?? this.#defaultPort();
  }

  /** Sets the port, in the host too. */
  setPort(port: string): void {
    const now = this.#now;
    now.SERVER_PORT = port;
    if (now.HTTP_HOST === undefined) return;
    const name = now.HTTP_HOST.replace(/:\d*$/, "");
    now.HTTP_HOST = port === this.#defaultPort() ? name : `${name}:${port}`;
  }

  /** Puts a path before the mount point, and before the target as the client wrote it. */
  setPrefix(prefix: string): void {
    const now = this.#now;
    now.SCRIPT_NAME = prefix + (now.SCRIPT_NAME ?? "");
    if (now.REQUEST_URI?.startsWith("/") === true) now.REQUEST_URI = prefix + now.REQUEST_URI;
  }

  /** What differs now; undefined where nothing does. A value of undefined takes a variable away. */
  get changes(): Readonly<Record<string, string | undefined>> | undefined {
    return this.#differing(this.#now);
  }

  /** What stood where something differs now, frozen. */
  get original(): Readonly<Record<string, string | undefined>> | undefined {
    return Object.freeze(this.#differing(this.#before));
  }

  #defaultPort(): string {
    return defaultPorts[this.#now["wsgi.url_scheme"] === "https" ? "https" : "http"];
  }

  #differing(of: Facts): Readonly<Record<string, string | undefined>> | undefined {
    const differing = names.filter((name) => this.#now[name] !== this.#before[name]);
    if (differing.length === 0) return undefined;
    return Object.fromEntries(differing.map((name) => [name, of[name]]));
  }
}
