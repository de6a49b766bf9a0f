/**
 * The web server's side of one SCGI connection: one request in, octets out, the answer's octets in, events out.
 *
 * No I/O and no clock. The mirror of application-side.ts, used by the client, the embedded proxy and the tests. SCGI
 * specification, "Protocol".
 * @module
 */
import { LocalProtocolError, RemoteProtocolError, type TsgiError } from "../../errors/index.ts";
import { plainDecimal } from "../content-length.ts";
import type { ClientReceiveEvent, ClientSendEvent, GatewayClientCore } from "../gateway-client-core.ts";
import { OutputBuffer, type BlockPool, type FilledBlock } from "../output-buffer.ts";
import { encodeHeaders } from "./headers.ts";

/** How a ScgiWebServerSide is set up. */
export interface ScgiWebServerSideOptions {
  /** Where blocks of output come from; fresh ones by default. */
  readonly pool?: BlockPool;
}

const noOctets = new Uint8Array(0);

/** One connection to an application. It carries one request, whatever `keepConnection` asks for. */
export class ScgiWebServerSide implements GatewayClientCore {
  readonly #output: OutputBuffer;
  /** Of the request; undefined before it. */
  #id: number | undefined;
  #bodyLeft = 0;
  #bodyEnded = false;
  #chunk: Uint8Array = noOctets;
  #inputEnded = false;
  #answerEnded = false;
  #failure: TsgiError | undefined;

  constructor(options: ScgiWebServerSideOptions = {}) {
    this.#output = new OutputBuffer(options.pool);
  }

  receive(octets: Uint8Array): void {
    this.#chunk = octets;
  }

  /** The application has ended its side: that ends the answer. Whether it is whole, Content-Length alone can tell. */
  receiveEnd(): void {
    this.#inputEnded = true;
  }

  /**
   * The next event, or undefined when more octets are needed.
   * @throws RemoteProtocolError ERR_SCGI_UNEXPECTED for octets before a request. After a throw every further call
   *   throws the same error.
   */
  nextEvent(): ClientReceiveEvent | undefined {
    if (this.#failure !== undefined) throw this.#failure;
    const octets = this.#chunk;
    const id = this.#id;
    this.#chunk = noOctets;
    if (octets.length > 0) {
      if (id !== undefined && !this.#answerEnded) return { type: "output", id, octets };
      this.#failure = new RemoteProtocolError(
        "ERR_SCGI_UNEXPECTED",
        `got ${octets.length} octets of an answer, but no request waits for one`,
      );
      throw this.#failure;
    }
    if (!this.#inputEnded || id === undefined || this.#answerEnded) return undefined;
    this.#answerEnded = true;
    return { type: "end", id, appStatus: 0, protocolStatus: 0 };
  }

  /**
   * Encodes what a web server sends. The body's length comes first on the wire, so a request with a body needs
   * CONTENT_LENGTH among its params; without it the body is empty. SCGI among the params is left out: it is always "1".
   * @throws LocalProtocolError ERR_LOCAL_STATE for a second request, a body before it, beyond CONTENT_LENGTH or ended
   *   before that; and for what SCGI does not have: abort (close the connection), data, get-values, other roles
   * @throws LocalProtocolError ERR_LOCAL_VALUE for a CONTENT_LENGTH that is no plain decimal, an empty name, a NUL or a
   *   code point above U+00FF in a pair. Nothing is sent then.
   */
  send(event: ClientSendEvent): void {
    switch (event.type) {
      case "request":
        this.#sendRequest(event);
        return;
      case "body":
        this.#requireBody(event);
        if (event.octets.length > this.#bodyLeft) {
          throw stateError(
            `got ${event.octets.length} octets of body, ${this.#bodyLeft} are left of CONTENT_LENGTH`,
          );
        }
        this.#bodyLeft -= event.octets.length;
        this.#output.append(event.octets);
        return;
      case "body-end":
        this.#requireBody(event);
        if (this.#bodyLeft > 0) {
          throw stateError(
            `got body-end ${this.#bodyLeft} octets before the CONTENT_LENGTH; close the connection`,
          );
        }
        this.#bodyEnded = true;
        return;
      case "abort":
        throw stateError("got abort, which SCGI does not have: close the connection");
      case "data":
      case "data-end":
      case "get-values":
        throw stateError(`got ${event.type}, which SCGI does not have: use FastCGI`);
      default:
        event satisfies never;
    }
  }

  get pendingOctets(): number {
    return this.#output.pendingOctets;
  }

  takeOutput(): FilledBlock | undefined {
    return this.#output.take();
  }

  #sendRequest(event: Extract<ClientSendEvent, { type: "request" }>): void {
    if (this.#id !== undefined) throw stateError("got a second request; an SCGI connection carries one");
    if (event.role !== "responder")
      throw stateError(`got role ${event.role}; SCGI has responders only: use FastCGI`);
    const params = [...event.params];
    let declared = "0";
    for (const [name, value] of params) {
      if (name === "" || name.includes("\0") || value.includes("\0")) {
        const shown = JSON.stringify(name.slice(0, 60));
        throw valueError(
          `the pair ${shown} has an empty name or a NUL in it; a NUL ends names and values on the wire`,
        );
      }
      if (name === "CONTENT_LENGTH" && value !== "") declared = value;
    }
    const bodyOctets = plainDecimal(declared);
    if (bodyOctets === undefined) {
      throw valueError(
        `CONTENT_LENGTH is ${JSON.stringify(declared.slice(0, 60))}; SCGI needs the body's length as digits`,
      );
    }
    this.#output.append(encodeHeaders(bodyOctets, params));
    this.#id = event.id;
    this.#bodyLeft = bodyOctets;
  }

  #requireBody(event: ClientSendEvent & { readonly id: number }): void {
    if (event.id !== this.#id)
      throw stateError(`got ${event.type} for request ${event.id}, which has not been begun`);
    if (this.#bodyEnded) throw stateError(`got ${event.type} after the end of the body`);
  }
}

function stateError(message: string): LocalProtocolError {
  return new LocalProtocolError("ERR_LOCAL_STATE", message);
}

function valueError(message: string): LocalProtocolError {
  return new LocalProtocolError("ERR_LOCAL_VALUE", message);
}
