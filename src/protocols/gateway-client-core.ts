/**
 * What every protocol core on the web server's side looks like to the client, whatever octets it speaks.
 *
 * The mirror of gateway-core.ts: requests go in by `send`, answers are pulled out by `nextEvent`.
 * @module
 */
import type { GatewayRole } from "./gateway-core.ts";
import type { FilledBlock } from "./output-buffer.ts";

/** What a client sends. All octets are copied before `send` returns. */
export type ClientSendEvent =
  /** Begins a request; names and values are native strings, one octet a code point. */
  | {
      readonly type: "request";
      readonly id: number;
      readonly role: GatewayRole;
      /** Ask for the connection to stay open after the answer (FCGI_KEEP_CONN). */
      readonly keepConnection: boolean;
      readonly params: Iterable<readonly [name: string, value: string]>;
    }
  | { readonly type: "body"; readonly id: number; readonly octets: Uint8Array }
  | { readonly type: "body-end"; readonly id: number }
  | { readonly type: "data"; readonly id: number; readonly octets: Uint8Array }
  | { readonly type: "data-end"; readonly id: number }
  | { readonly type: "abort"; readonly id: number }
  /** Asks for the values of these names (FCGI_GET_VALUES). */
  | { readonly type: "get-values"; readonly names: readonly string[] };

/** What a client receives. Octets are views, valid until the next `receive`. */
export type ClientReceiveEvent =
  /** Some of the answer: head and body as the application sent them (FCGI_STDOUT); see response-head.ts. */
  | { readonly type: "output"; readonly id: number; readonly octets: Uint8Array }
  | { readonly type: "errors"; readonly id: number; readonly octets: Uint8Array }
  /** The answer is over. Both numbers are 0 where the protocol has none. */
  | { readonly type: "end"; readonly id: number; readonly appStatus: number; readonly protocolStatus: number }
  | { readonly type: "values"; readonly values: ReadonlyMap<string, string> }
  | { readonly type: "unknown-type"; readonly recordType: number };

/** The web server's side of one connection. */
export interface GatewayClientCore {
  receive(octets: Uint8Array): void;
  /** The peer has ended its side; open requests then fail, unless the protocol ends an answer that way. */
  receiveEnd(): void;
  /** @throws RemoteProtocolError when the connection is past saving */
  nextEvent(): ClientReceiveEvent | undefined;
  /** @throws LocalProtocolError when the event does not fit the request's state or the wire */
  send(event: ClientSendEvent): void;
  readonly pendingOctets: number;
  takeOutput(): FilledBlock | undefined;
}
