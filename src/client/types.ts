/**
 * What a user of the client gives it and gets from it.
 * @module
 */
import type { Address } from "../protocols/address.ts";
import type { GatewayRole } from "../protocols/gateway-core.ts";
import type { HeaderPair } from "../protocols/response-head.ts";
import type { AnswerBody } from "./answer-body.ts";
import type { ClientSocket } from "./upload-socket.ts";
import type { ClientLimits } from "./limits.ts";

/** The protocols that the client speaks. */
export type ClientProtocol = "fastcgi" | "scgi";

/** Which application to speak to, and how; limits that are left out have their defaults (limits.ts). */
export interface GatewayClientOptions extends Partial<ClientLimits> {
  readonly protocol: ClientProtocol;
  /** A UNIX or TCP address; the other kinds are for listening. */
  readonly address: Address;
  /** Opens a connection by other means than connecting to `address`: in memory, through a tunnel. */
  readonly connect?: () => ClientSocket;
}

/** Octets to send: at once, or as they come. */
export type BodySource = Uint8Array | AsyncIterable<Uint8Array>;

/** One request. */
export interface ClientRequest {
  /** CGI variables; names and values are native strings, one octet a code point. */
  readonly params: Iterable<readonly [name: string, value: string]>;
  /** Default "responder", the only one of SCGI. An authorizer is sent no body, as Apache does (W15). */
  readonly role?: GatewayRole;
  /** FCGI_STDIN, or what follows an SCGI request's headers. An iterable that the answer outruns is ended by its `return`. */
  readonly body?: BodySource;
  /** FCGI_DATA, for a filter. */
  readonly data?: BodySource;
  /** Gives the request up: the answer rejects with ERR_REQUEST_ABORTED and the connection is closed. */
  readonly signal?: AbortSignal;
  /** Hears what the application writes to its error log (FCGI_STDERR), in pieces as they come; must not throw. */
  readonly onErrors?: (octets: Uint8Array) => void;
}

/** An answer whose head has come; its body may still be on the way. */
export interface GatewayResponse {
  /** 200 to 999. */
  readonly status: number;
  /** What the application put after the code, often "". */
  readonly reason: string;
  readonly headers: readonly Readonly<HeaderPair>[];
  /** Must be read to its end or cancelled: until then it holds a connection. */
  readonly body: AnswerBody;
  /** END_REQUEST's appStatus, an unsigned 32-bit number, 0 under SCGI; undefined until the answer has ended. */
  readonly appStatus: number | undefined;
  /** END_REQUEST's protocolStatus, 0 under SCGI; undefined until the answer has ended. */
  readonly protocolStatus: number | undefined;
}
