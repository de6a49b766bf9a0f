/**
 * The value of a Host header: RFC 9110 section 7.2, RFC 3986 section 3.2.2 (security U4).
 * @module
 */
import { RemoteProtocolError } from "../errors/index.ts";
import { quoted } from "./quoted.ts";

/** A host in two parts. */
export interface SplitHost {
  /** A name, an IPv4 address, or an IPv6 address in its brackets, as it was written. */
  readonly name: string;
  /** At most five digits; "" behind a colon with nothing after it; undefined without a colon. */
  readonly port: string | undefined;
}

const hostForm = /^((?:[\w.~!$&'()*+,;=-]|%[0-9a-f]{2})+|\[[0-9a-f:.]+\])(?::(\d{0,5}))?$/i;

/** Splits a host; undefined when it is none. */
export function splitHost(host: string): SplitHost | undefined {
  const match = hostForm.exec(host);
  return match?.[1] === undefined ? undefined : { name: match[1], port: match[2] };
}

/** The error for a Host that is none: 400 where a URL has to be made of it. */
export function hostError(host: string): RemoteProtocolError {
  return new RemoteProtocolError(
    "ERR_REQUEST_PARAMS",
    `the Host ${quoted(host)} is none; expected a name or an address, with or without a port`,
  );
}

/**
 * A host as URLs and SERVER_NAME have it: IPv6 in brackets (RFC 3986 section 3.2.2). CGI has such addresses with or
 * without; anything else comes back as it is.
 */
export function inBrackets(name: string): string {
  return name.includes(":") && !name.startsWith("[") ? `[${name}]` : name;
}
