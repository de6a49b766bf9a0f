/**
 * What every protocol core on the application side looks like to the server, whatever octets it speaks.
 *
 * A core does no I/O: octets go in by `receive`, events are pulled out by `nextEvent`, answers go in by `send` and
 * leave by `takeOutput`. Not pulling is the back-pressure: a core never holds more than the octets it was last given
 * and one request's parameters.
 * @module
 */
import type { TsgiError } from "../errors/index.ts";
import type { FilledBlock } from "./output-buffer.ts";
import type { ParamsBlock } from "./params-block.ts";

/** FastCGI 1.0 section 6; SCGI, CGI and HTTP have only responders. */
export type GatewayRole = "responder" | "authorizer" | "filter";

/** What a core reports of the requests on its connection. `id` tells concurrent requests apart. */
export type RequestEvent =
  /** All parameters have come. The block is valid until the next `receive`. */
  | {
      readonly type: "request";
      readonly id: number;
      readonly role: GatewayRole;
      readonly params: ParamsBlock;
    }
  /** Some of the request body (FCGI_STDIN). The octets are a view, valid until the next `receive`. */
  | { readonly type: "body"; readonly id: number; readonly octets: Uint8Array }
  | { readonly type: "body-end"; readonly id: number }
  /** Some of a Filter's file (FCGI_DATA). */
  | { readonly type: "data"; readonly id: number; readonly octets: Uint8Array }
  | { readonly type: "data-end"; readonly id: number }
  /** The web server gave this request up (FCGI_ABORT_REQUEST); an `end` is still owed to it. */
  | { readonly type: "abort"; readonly id: number }
  /** A request or record that the core has refused and answered by itself: for the log, nothing is owed. */
  | { readonly type: "refused"; readonly id: number; readonly error: TsgiError };

/** What the server sends back. */
export type ResponseEvent =
  /** The encoded response head; travels whole, never split over two records (HAProxy 2.6.12 crashes on that). */
  | { readonly type: "head"; readonly id: number; readonly octets: Uint8Array }
  /** Some of the response body. Large chunks are not copied: they must stay as they are until they have been written. */
  | { readonly type: "body"; readonly id: number; readonly octets: Uint8Array }
  /** Some of `wsgi.errors` (FCGI_STDERR); dropped where the protocol has no such stream. */
  | { readonly type: "errors"; readonly id: number; readonly octets: Uint8Array }
  /** The answer ends. `complete` false: it was cut short, and the web server must be able to see that. */
  | { readonly type: "end"; readonly id: number; readonly complete: boolean };

/** The application side of one connection. */
export interface GatewayCore {
  /** Gives the core what arrived; it may keep views of it until the next call. */
  receive(octets: Uint8Array): void;
  /** Copies what of the octets last given has not been pulled: they are about to be overwritten. */
  keepInput(): void;
  /** The peer has ended its side of the connection; what is cut short by that becomes an error of `nextEvent`. */
  receiveEnd(): void;
  /**
   * The next event, or undefined when more octets are needed.
   * @throws RemoteProtocolError, LimitExceededError: the connection is past saving; send what `takeOutput` has, close.
   */
  nextEvent(): RequestEvent | undefined;
  /**
   * Encodes an answer into the output.
   * @throws LocalProtocolError ERR_LOCAL_STATE when the event does not fit the request's state.
   */
  send(event: ResponseEvent): void;
  /**
   * The connection is about to be closed although the web server was told that it may keep it: follows the last
   * answer with what lets the web server see that, if there is such a thing.
   */
  announceClose(): void;
  /**
   * Tells a web server that multiplexes to send no more requests on this connection, if there is a way. Those that are on
   * their way all the same are taken. It may be called at any time.
   */
  refuseMore(): void;
  /** Octets waiting in the output, the core's own replies (GET_VALUES_RESULT ...) among them. */
  readonly pendingOctets: number;
  /** The oldest waiting block of output, or undefined. The taker gives it back to the pool once it is written. */
  takeOutput(): FilledBlock | undefined;
  /** True while part of a request's parameters, or of a record that belongs to no open request, has come. */
  readonly receiving: boolean;
  /** True when the connection must be closed once the output is written (no KEEP_CONN, a cut answer). */
  readonly closing: boolean;
  /**
   * True where an answer ends with the connection and no octet says so (SCGI): one that is cut short is then told from
   * a whole one only by a reset.
   */
  readonly endsByClose: boolean;
}
