/**
 * What the application side remembers of a request between its BEGIN_REQUEST and its END_REQUEST.
 * @module
 */
import type { GatewayRole } from "../gateway-core.ts";
import type { GatheredOctets } from "../gathered-octets.ts";

export class OpenRequest {
  readonly id: number;
  readonly role: GatewayRole;
  /** Leave the connection open after the answer. */
  readonly keepsConnection: boolean;
  /** PARAMS so far; undefined before the first of them and once they have been handed over. */
  params: GatheredOctets | undefined = undefined;
  paramsEnded = false;
  stdinEnded = false;
  dataEnded = false;
  /** ABORT_REQUEST has come: what follows it is not for the application any more. */
  aborted = false;
  /** Some STDOUT has been sent. */
  answering = false;
  /** Answered and forgotten; a record that was being read for it is passed over. */
  ended = false;

  constructor(id: number, role: GatewayRole, keepsConnection: boolean) {
    this.id = id;
    this.role = role;
    this.keepsConnection = keepsConnection;
  }
}

/** The requests that are open on one connection. Nearly always one at most, so the map is made for the second. */
export class OpenRequests {
  #first: OpenRequest | undefined;
  #others: Map<number, OpenRequest> | undefined;

  get size(): number {
    return (this.#first === undefined ? 0 : 1) + (this.#others?.size ?? 0);
  }

  find(id: number): OpenRequest | undefined {
    return this.#first?.id === id ? this.#first : this.#others?.get(id);
  }

  add(request: OpenRequest): void {
    if (this.#first === undefined) this.#first = request;
    else (this.#others ??= new Map()).set(request.id, request);
  }

  remove(request: OpenRequest): void {
    request.ended = true;
    request.params = undefined;
    if (this.#first === request) this.#first = undefined;
    else if (this.#others?.delete(request.id) && this.#others.size === 0) this.#others = undefined;
  }

  /** One whose PARAMS have not ended, if any. */
  findUnannounced(): OpenRequest | undefined {
    if (this.#first?.paramsEnded === false) return this.#first;
    for (const request of this.#others?.values() ?? []) if (!request.paramsEnded) return request;
    return undefined;
  }

  /** Copies what is still a view of the chunk that has just been used up. */
  keepParams(): void {
    this.#first?.params?.keep();
    if (this.#others !== undefined) for (const request of this.#others.values()) request.params?.keep();
  }
}
