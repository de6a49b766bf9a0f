/**
 * `basicAuth`: HTTP's Basic authentication, RFC 7617.
 *
 * The password crosses the wire in all but plain text: under anything but https it is anyone's. Web servers do this
 * too; here it is for applications whose users are their own.
 * @module
 */
import { createHash, timingSafeEqual } from "node:crypto";
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
import type { AccessLogNotes } from "./access-log.ts";
import { refuse } from "./refusal.ts";

/** Says whether a password is a user's. Both are text, decoded from UTF-8. */
export type VerifyPassword = (user: string, password: string, environ: Environ) => boolean | Promise<boolean>;

/** What `basicAuth` must be told: the users, or how to verify them. */
export interface BasicAuthOptions {
  /** What the browser calls the place; printable ASCII. Default `Restricted`. */
  readonly realm?: string;
  /** Passwords by user name. */
  readonly users?: Readonly<Record<string, string>>;
  /** Asked in place of `users`: for passwords that are stored hashed, as they should be. */
  readonly verify?: VerifyPassword;
  /**
   * Also reads REDIRECT_HTTP_AUTHORIZATION, where Apache's mod_rewrite leaves the header under CGI. Default false.
   */
  readonly acceptRedirected?: boolean;
}

/**
 * Lets a request through when its Authorization header has a user's password, with REMOTE_USER and AUTH_TYPE set;
 * else answers 401.
 * @throws ConfigurationError ERR_CONFIG_OPTION: neither `users` nor `verify`, or both; a realm that is no plain text
 */
export function basicAuth(options: BasicAuthOptions): Middleware {
  const challenge = `Basic realm="${checkRealm(options.realm ?? "Restricted")}", charset="UTF-8"`;
  const verify = verifierOf(options);
  const acceptRedirected = options.acceptRedirected === true;
  return (application) => (environ, startResponse) => {
    const sent = authorizationOf(environ, acceptRedirected);
    const credentials = sent === undefined ? undefined : decodeCredentials(sent);
    if (credentials === undefined) return unauthorized(startResponse, challenge);
    const decide = (isRight: boolean): ResponseBody | Promise<ResponseBody> =>
      // Not by truth: a user's record, or a Promise of one in an array, would let everybody in.
      isRight === true
        ? pass(application, environ, startResponse, credentials.user)
        : unauthorized(startResponse, challenge);
    const verdict = verify(credentials.user, credentials.password, environ);
    return isThenable(verdict) ? verdict.then(decide) : decide(verdict);
  };
}

function pass(
  application: Application,
  environ: Environ,
  startResponse: StartResponse,
  user: string,
): ResponseBody | Promise<ResponseBody> {
  // The octets that the client sent, one character each (S81).
  const remoteUser = Buffer.from(user, "utf8").toString("latin1");
  const notes = environ["tsgi.access_log"] as AccessLogNotes | undefined;
  if (notes !== undefined) notes.user = remoteUser;
  return application(copyEnviron(environ, { REMOTE_USER: remoteUser, AUTH_TYPE: "Basic" }), startResponse);
}

function unauthorized(startResponse: StartResponse, challenge: string): ResponseBody {
  return refuse(startResponse, "401 Unauthorized", [["WWW-Authenticate", challenge]]);
}

/** HTTP_AUTHORIZATION, and AUTHORIZATION as some web servers call it: exactly one of them is believed. */
function authorizationOf(environ: Environ, acceptRedirected: boolean): string | undefined {
  const names = ["HTTP_AUTHORIZATION", "AUTHORIZATION"];
  if (acceptRedirected) names.push("REDIRECT_HTTP_AUTHORIZATION");
  for (const name of names) {
    const value = environ[name];
    if (typeof value === "string" && value !== "") return value;
  }
  return undefined;
}

interface Credentials {
  readonly user: string;
  readonly password: string;
}

/** `Basic`, spaces, and token68: RFC 9110 section 11.2. Padding may be missing, as some clients leave it out. */
const basicScheme = /^basic +([A-Za-z0-9+/]+={0,2}) *$/i;
const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const controls = /\p{Cc}/u;

/** What the header holds; undefined for anything that RFC 7617 section 2 does not allow. */
function decodeCredentials(header: string): Credentials | undefined {
  const encoded = basicScheme.exec(header)?.[1];
  if (encoded === undefined) return undefined;
  let text: string;
  try {
    text = strictUtf8.decode(Buffer.from(encoded, "base64"));
  } catch {
    return undefined;
  }
  const colon = text.indexOf(":");
  if (colon === -1 || controls.test(text)) return undefined;
  return { user: text.slice(0, colon), password: text.slice(colon + 1) };
}

function checkRealm(realm: string): string {
  if (/^[\x20-\x7e]*$/.test(realm)) return realm.replace(/["\\]/g, "\\$&");
  throw new ConfigurationError(
    "ERR_CONFIG_OPTION",
    `basicAuth: realm is ${describeValue(realm)}; expected printable ASCII, which is all that browsers show alike`,
  );
}

function verifierOf({ users, verify }: BasicAuthOptions): VerifyPassword {
  if ((users === undefined) === (verify === undefined)) {
    throw new ConfigurationError(
      "ERR_CONFIG_OPTION",
      `basicAuth: ${users === undefined ? "neither users nor verify is set" : "both users and verify are set"}; ` +
        "expected users (passwords by name) or verify(user, password, environ)",
    );
  }
  return verify ?? verifyAgainst(users ?? {});
}

/** Every name and password costs the same: one digest, one comparison in constant time. */
function verifyAgainst(users: Readonly<Record<string, string>>): VerifyPassword {
  const digests = new Map<string, Buffer>();
  for (const [user, password] of Object.entries(users)) {
    if (typeof password !== "string" || user.includes(":") || controls.test(user + password)) {
      throw new ConfigurationError(
        "ERR_CONFIG_OPTION",
        `basicAuth: the user ${describeValue(user)} or its password cannot be sent in a Basic header; expected ` +
          "strings without control characters, and no colon in the name",
      );
    }
    digests.set(user.normalize("NFC"), digestOf(password));
  }
  const nobody = digestOf("");
  return (user, password) => {
    const expected = digests.get(user.normalize("NFC"));
    const isEqual = timingSafeEqual(digestOf(password), expected ?? nobody);
    return isEqual && expected !== undefined;
  };
}

function digestOf(password: string): Buffer {
  return createHash("sha256").update(password.normalize("NFC"), "utf8").digest();
}
