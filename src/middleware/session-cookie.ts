/**
 * The cookie that carries a session's id, RFC 6265: read, checked, written.
 *
 * An id is 192 random bits, which nobody guesses. With a secret it is signed too, so that what was made up never reaches
 * the store.
 * @module
 */
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { parseCookie, stringifySetCookie } from "cookie";
import { describeValue, summaryOf, type Environ } from "../bridge/index.ts";
import { ConfigurationError } from "../errors/index.ts";

/** Attributes of the session's cookie. */
export interface SessionCookieOptions {
  /** Default `sid`. */
  readonly name?: string;
  /** Default `/`. */
  readonly path?: string;
  /** Default: the host that was asked alone. */
  readonly domain?: string;
  /** Default `auto`: where the request came by https. */
  readonly secure?: boolean | "auto";
  /** Hides the cookie from scripts. Default true. */
  readonly httpOnly?: boolean;
  /** Default `lax`. */
  readonly sameSite?: "lax" | "strict" | "none";
  /** How long the browser keeps it, from when it was sent. Default: until the browser is closed. */
  readonly maxAgeSeconds?: number;
}

const idForm = /^[A-Za-z0-9_-]{32}$/;
const signatureLength = 43;
const minSecretLength = 16;

/** Makes an id: 24 random octets in 32 characters. */
export function newSessionId(): string {
  return randomBytes(24).toString("base64url");
}

/** What came: an id, and whether its cookie is as a new one would be. */
export interface ReceivedId {
  readonly id: string;
  /** Signed with a secret that is on its way out: send it again. */
  readonly isStale: boolean;
}

/** Reads and writes the cookie of one `session()`. */
export class SessionCookie {
  readonly #name: string;
  readonly #options: SessionCookieOptions;
  readonly #secrets: readonly string[];

  /** @throws ConfigurationError ERR_CONFIG_OPTION: an attribute that no cookie can have, a secret that is too short */
  constructor(options: SessionCookieOptions, secret: string | readonly string[] | undefined) {
    this.#name = options.name ?? "sid";
    this.#options = options;
    this.#secrets = checkSecrets(secret);
    if (options.sameSite === "none" && options.secure === false) {
      refuse("cookie.sameSite is none and cookie.secure false; expected secure: browsers drop such a cookie");
    }
    checkPrefix(this.#name, options);
    try {
      this.write("x", "https");
    } catch (error) {
      refuse(`the cookie cannot be written: ${summaryOf(error)}`);
    }
  }

  /** The id that the request brought; undefined without one, or with one that this side has not made. */
  read(environ: Environ): ReceivedId | undefined {
    const header = environ.HTTP_COOKIE;
    if (header === undefined || !header.includes(this.#name)) return undefined;
    const value = parseCookie(header)[this.#name];
    if (value === undefined) return undefined;
    if (this.#secrets.length === 0) return idForm.test(value) ? { id: value, isStale: false } : undefined;
    const id = value.slice(0, 32);
    if (value.length !== 33 + signatureLength || value[32] !== "." || !idForm.test(id)) return undefined;
    const signature = Buffer.from(value.slice(33));
    const index = this.#secrets.findIndex((secret) => {
      const expected = Buffer.from(this.#sign(id, secret));
      return expected.length === signature.length && timingSafeEqual(expected, signature);
    });
    return index === -1 ? undefined : { id, isStale: index > 0 };
  }

  /** The value of a Set-Cookie header for an id. */
  write(id: string, scheme: "http" | "https"): string {
    const [secret] = this.#secrets;
    const value = secret === undefined ? id : `${id}.${this.#sign(id, secret)}`;
    return this.#serialize(value, scheme, this.#options.maxAgeSeconds);
  }

  /** The value of a Set-Cookie header that makes the browser forget. */
  clear(scheme: "http" | "https"): string {
    return this.#serialize("", scheme, 0);
  }

  #serialize(value: string, scheme: "http" | "https", maxAge: number | undefined): string {
    const { path = "/", domain, secure = "auto", httpOnly = true, sameSite = "lax" } = this.#options;
    return stringifySetCookie({
      name: this.#name,
      value,
      path,
      httpOnly,
      sameSite,
      secure: secure === "auto" ? scheme === "https" : secure,
      ...(domain === undefined ? {} : { domain }),
      ...(maxAge === undefined ? {} : { maxAge, expires: new Date(Date.now() + maxAge * 1_000) }),
    });
  }

  /** The name is signed too: an id that was signed for one cookie is nothing in another. */
  #sign(id: string, secret: string): string {
    return createHmac("sha256", secret).update(`${this.#name}=${id}`).digest("base64url");
  }
}

/** RFC 6265bis section 4.1.3: what browsers want of a cookie whose name says that nobody else can have set it. */
function checkPrefix(name: string, { path = "/", domain, secure }: SessionCookieOptions): void {
  const prefix = /^__(?:host|secure)-/i.exec(name)?.[0].toLowerCase();
  if (prefix === undefined) return;
  if (secure === false)
    refuse(`cookie.name is ${name} and cookie.secure false; expected secure: browsers drop such a cookie`);
  if (prefix === "__host-" && (path !== "/" || domain !== undefined)) {
    refuse(
      `cookie.name is ${name}; expected the path "/" and no domain: browsers drop such a cookie otherwise`,
    );
  }
}

function checkSecrets(secret: string | readonly string[] | undefined): readonly string[] {
  if (secret === undefined) return [];
  const secrets: readonly unknown[] = Array.isArray(secret) ? secret : [secret];
  if (secrets.length === 0) refuse("secret is an empty list; expected one or more, the newest first");
  for (const each of secrets) {
    if (typeof each !== "string") refuse(`secret is ${describeValue(each)}; expected a string or several`);
    // Its value is not shown: this message ends up in logs.
    if (each.length < minSecretLength) {
      refuse(`secret has ${each.length} characters; expected ${minSecretLength} or more, at random`);
    }
  }
  return secrets as readonly string[];
}

function refuse(message: string): never {
  throw new ConfigurationError("ERR_CONFIG_OPTION", `session: ${message}`);
}
