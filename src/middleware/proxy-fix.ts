/**
 * `proxyFix`: the client's address, scheme and host as a proxy in front of the web server tells them.
 *
 * Anyone can send X-Forwarded-For. So a header counts only where the peer is a proxy that was named, and of a list only
 * what such proxies have added: it is read from its right end. RFC 7239 section 8.1; users.md 7; security H7, O2.
 * @module
 */
import { copyEnviron, describeValue, quoted, type Environ, type Middleware } from "../bridge/index.ts";
import { ConfigurationError } from "../errors/index.ts";
import { ClientFacts } from "./client-facts.ts";
import {
  parseForwarded,
  parseHost,
  parseNode,
  parsePort,
  parsePrefix,
  splitList,
  type ForwardedNode,
} from "./forwarded.ts";
import { canonicalAddress, compileTrusted, type IsTrusted } from "./trusted-proxies.ts";

const headerVariables = {
  "x-forwarded-for": "HTTP_X_FORWARDED_FOR",
  "x-forwarded-proto": "HTTP_X_FORWARDED_PROTO",
  "x-forwarded-host": "HTTP_X_FORWARDED_HOST",
  "x-forwarded-port": "HTTP_X_FORWARDED_PORT",
  "x-forwarded-prefix": "HTTP_X_FORWARDED_PREFIX",
  forwarded: "HTTP_FORWARDED",
} as const;

/** A header that `proxyFix` can read. */
export type ForwardingHeader = keyof typeof headerVariables;

/** What `proxyFix` must be told. */
export interface ProxyFixOptions {
  /** The proxies, as addresses and ranges: `["10.0.0.0/8", "2001:db8::1"]`. */
  readonly trusted: readonly string[];
  /**
   * The headers that those proxies set or overwrite themselves; one that they only hand on is still the client's word.
   * Default `x-forwarded-for` and `x-forwarded-proto`.
   */
  readonly headers?: readonly ForwardingHeader[];
  /** Also trusts peers on a UNIX socket of the web server (REMOTE_ADDR is then no address). Default false. */
  readonly unix?: boolean;
}

/** What of the environ `proxyFix` has put others in place of; undefined where there was none. */
export type ProxyFixOriginal = Readonly<Record<string, string | undefined>>;

/**
 * Puts what trusted proxies say into REMOTE_ADDR, wsgi.url_scheme, HTTP_HOST and their like. What stood there is kept in
 * `environ["tsgi.proxy_fix.original"]`. A value that cannot be right is left, with a line on `wsgi.errors`.
 * @throws ConfigurationError ERR_CONFIG_OPTION: no `trusted`, an entry that is no address, headers that exclude each other
 */
export function proxyFix(options: ProxyFixOptions): Middleware {
  const isTrusted = compileTrusted(checkTrusted(options));
  const headers = checkHeaders(options.headers ?? ["x-forwarded-for", "x-forwarded-proto"]);
  const settings: Settings = { headers, isTrusted, trustsUnix: options.unix === true };
  return (application) => (environ, startResponse) => {
    const peer = canonicalAddress(environ.REMOTE_ADDR ?? "");
    const believed =
      peer === undefined ? settings.trustsUnix && isUnixPeer(environ.REMOTE_ADDR) : isTrusted(peer);
    if (!believed) return application(environ, startResponse);
    const facts = new ClientFacts(environ);
    new Reading(environ, settings).applyTo(facts);
    const { changes, original } = facts;
    if (changes === undefined) return application(environ, startResponse);
    const inner = copyEnviron(environ, { ...changes, "tsgi.proxy_fix.original": original });
    return application(inner, startResponse);
  };
}

interface Settings {
  readonly headers: ReadonlySet<ForwardingHeader>;
  readonly isTrusted: IsTrusted;
  readonly trustsUnix: boolean;
}

/** nginx writes `unix:`, lighttpd "", others `@`, `unix` or the socket's path. */
function isUnixPeer(address: string | undefined): boolean {
  return address === undefined || /^(?:$|unix(?::|$)|@|\/)/.test(address);
}

/** Reads the headers of one request. */
class Reading {
  readonly #environ: Environ;
  readonly #settings: Settings;

  constructor(environ: Environ, settings: Settings) {
    this.#environ = environ;
    this.#settings = settings;
  }

  applyTo(facts: ClientFacts): void {
    if (this.#settings.headers.has("forwarded")) this.#applyForwarded(facts);
    const chain = splitList(this.#sent("x-forwarded-for") ?? "");
    const found = this.#findClient("x-forwarded-for", chain);
    if (found !== undefined) facts.setAddress(found.node);
    // The last value is the one that the peer has added, or handed on from a proxy that overwrites.
    this.#apply("x-forwarded-proto", parseScheme, (scheme) => facts.setScheme(scheme));
    this.#apply("x-forwarded-host", parseHost, ({ name, port }) => facts.setHost(name, port));
    this.#apply("x-forwarded-port", parsePort, (port) => facts.setPort(port));
    this.#apply("x-forwarded-prefix", parsePrefix, (prefix) => facts.setPrefix(prefix));
  }

  #applyForwarded(facts: ClientFacts): void {
    const header = this.#sent("forwarded");
    if (header === undefined) return;
    const elements = parseForwarded(header);
    if (elements === undefined) {
      this.#complain("forwarded", header);
      return;
    }
    const found = this.#findClient(
      "forwarded",
      elements.map((element) => element.get("for") ?? "unknown"),
    );
    if (found !== undefined) facts.setAddress(found.node);
    // The proxy that the client spoke to has said both; where nobody knows which that was, the peer has.
    const element = elements[found?.index ?? elements.length - 1];
    const proto = element?.get("proto");
    const host = element?.get("host");
    if (proto !== undefined) this.#use("forwarded", proto, parseScheme, (scheme) => facts.setScheme(scheme));
    if (host !== undefined) {
      this.#use("forwarded", host, parseHost, ({ name, port }) => facts.setHost(name, port));
    }
  }

  /**
   * The client in a chain of nodes, to each of which its right neighbour testifies: the last one that is no trusted
   * proxy; the first of all where every one is.
   */
  #findClient(
    header: ForwardingHeader,
    chain: readonly string[],
  ): { readonly node: ForwardedNode; readonly index: number } | undefined {
    let found: { readonly node: ForwardedNode; readonly index: number } | undefined;
    for (let index = chain.length - 1; index >= 0; index -= 1) {
      const text = chain[index] ?? "";
      if (this.#settings.trustsUnix && text === "unix:") continue;
      const node = parseNode(text);
      if (node === undefined) {
        // RFC 7239 section 6: a proxy may say that it does not know, or will not tell.
        if (text !== "unknown" && !text.startsWith("_")) this.#complain(header, text);
        break;
      }
      found = { node, index };
      if (!this.#settings.isTrusted(node.address)) break;
    }
    return found;
  }

  #apply<Value>(
    header: ForwardingHeader,
    parse: (text: string) => Value | undefined,
    use: (value: Value) => void,
  ): void {
    const value = splitList(this.#sent(header) ?? "").at(-1);
    if (value !== undefined) this.#use(header, value, parse, use);
  }

  #use<Value>(
    header: ForwardingHeader,
    text: string,
    parse: (text: string) => Value | undefined,
    use: (value: Value) => void,
  ): void {
    const value = parse(text);
    if (value === undefined) this.#complain(header, text);
    else use(value);
  }

  /** The header, where it is one that counts. */
  #sent(header: ForwardingHeader): string | undefined {
    return this.#settings.headers.has(header) ? this.#environ[headerVariables[header]] : undefined;
  }

  #complain(header: ForwardingHeader, text: string): void {
    this.#environ["wsgi.errors"].write(`proxyFix: ${quoted(text)} in ${header} was left out of account\n`);
  }
}

function parseScheme(text: string): "http" | "https" | undefined {
  const scheme = text.toLowerCase();
  return scheme === "http" || scheme === "https" ? scheme : undefined;
}

function checkTrusted(options: ProxyFixOptions | undefined): readonly string[] {
  const trusted: unknown = options?.trusted;
  if (Array.isArray(trusted) && (trusted.length > 0 || options?.unix === true)) return trusted as string[];
  throw new ConfigurationError(
    "ERR_CONFIG_OPTION",
    `proxyFix: trusted is ${Array.isArray(trusted) ? "empty" : describeValue(trusted)}; expected the addresses of your ` +
      'proxies, such as ["10.0.0.0/8"]: to trust everybody is to believe whatever a client says of itself',
  );
}

function checkHeaders(names: readonly ForwardingHeader[]): ReadonlySet<ForwardingHeader> {
  for (const name of names) {
    if (!Object.hasOwn(headerVariables, name)) {
      throw new ConfigurationError(
        "ERR_CONFIG_OPTION",
        `proxyFix: headers has ${describeValue(name)}; expected ${Object.keys(headerVariables).join(", ")}`,
      );
    }
  }
  const headers = new Set(names);
  const rivals = (["x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"] as const).filter((name) =>
    headers.has(name),
  );
  if (headers.has("forwarded") && rivals.length > 0) {
    throw new ConfigurationError(
      "ERR_CONFIG_OPTION",
      `proxyFix: headers has both forwarded and ${rivals.join(", ")}; expected one kind: a proxy that sets the one lets ` +
        "the other through as the client sent it",
    );
  }
  return headers;
}
