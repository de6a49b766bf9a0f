/**
 * An application whose every step a test writes: it reads when told to, answers what it is told, closes when told to.
 * Built on the application side of the codec, with sockets of its own, so that nothing of src/server takes part.
 * @module
 */
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Address } from "../../src/protocols/address.ts";
import { FastcgiApplicationSide, readPairs } from "../../src/protocols/fastcgi/index.ts";
import type { GatewayRole, RequestEvent, ResponseEvent } from "../../src/protocols/gateway-core.ts";

export type Script = (request: ScriptedRequest) => Promise<void> | void;

export class ScriptedConnection {
  readonly socket: Socket;
  readonly core: FastcgiApplicationSide;
  /** Counts from 0 in the order of accepting. */
  readonly index: number;
  readonly closed: Promise<unknown>;
  readonly #chunks: AsyncIterator<Buffer>;

  constructor(socket: Socket, roles: readonly GatewayRole[] | undefined, index: number) {
    this.socket = socket;
    this.core = new FastcgiApplicationSide(roles === undefined ? {} : { roles });
    this.index = index;
    socket.on("error", () => {});
    this.closed = new Promise((resolve) => socket.on("close", resolve));
    this.#chunks = socket.iterator({ destroyOnReturn: false });
  }

  /** The next event; reads the socket only when none is at hand. Undefined: the client has gone. */
  async nextEvent(): Promise<RequestEvent | undefined> {
    for (;;) {
      const event = this.core.nextEvent();
      await this.flush();
      if (event !== undefined) return event;
      const next = await this.#chunks.next().catch(() => ({ done: true }) as const);
      if (next.done === true) return undefined;
      this.core.receive(next.value);
    }
  }

  /** Resolves when the system has taken what was sent, or the client has gone. */
  async flush(): Promise<void> {
    for (let next = this.core.takeOutput(); next !== undefined; next = this.core.takeOutput()) {
      const octets = next.octets;
      await new Promise<void>((resolve) => this.socket.write(octets, () => resolve()));
    }
  }
}

export class ScriptedRequest {
  readonly connection: ScriptedConnection;
  readonly id: number;
  readonly role: GatewayRole;
  readonly params: ReadonlyMap<string, string>;

  constructor(connection: ScriptedConnection, event: Extract<RequestEvent, { type: "request" }>) {
    this.connection = connection;
    this.id = event.id;
    this.role = event.role;
    this.params = new Map(readPairs(event.params));
  }

  async send(...events: readonly DistributedOmit<ResponseEvent, "id">[]): Promise<void> {
    for (const event of events) this.connection.core.send({ ...event, id: this.id });
    await this.connection.flush();
  }

  /** Sends output in a record of its own. */
  write(text: string | Uint8Array): Promise<void> {
    return this.send({ type: "body", octets: octetsOf(text) });
  }

  errors(text: string): Promise<void> {
    return this.send({ type: "errors", octets: octetsOf(text) });
  }

  end(): Promise<void> {
    return this.send({ type: "end", complete: true });
  }

  /** A whole answer in one write. */
  answer(text: string): Promise<void> {
    return this.send({ type: "body", octets: octetsOf(text) }, { type: "end", complete: true });
  }

  /** The next chunk of the body, or undefined at its end and when the client has gone. */
  async read(): Promise<Uint8Array | undefined> {
    const event = await this.connection.nextEvent();
    return event?.type === "body" || event?.type === "data" ? event.octets.slice() : undefined;
  }

  /** The rest of the body: its length and, while it is short, its text. */
  async readAll(): Promise<{ octets: number; text: string }> {
    let octets = 0;
    let text = "";
    for (let chunk = await this.read(); chunk !== undefined; chunk = await this.read()) {
      octets += chunk.length;
      if (octets < 10_000) text += Buffer.from(chunk).toString("latin1");
    }
    return { octets, text };
  }
}

type DistributedOmit<Union, Key extends PropertyKey> = Union extends unknown ? Omit<Union, Key> : never;

export function octetsOf(text: string | Uint8Array): Uint8Array {
  return typeof text === "string" ? Buffer.from(text, "latin1") : text;
}

export class ScriptedApplication implements AsyncDisposable {
  readonly address: Address;
  /** All that were accepted, closed ones too. */
  readonly connections: ScriptedConnection[] = [];
  /** Requests whose script has begun. */
  requests = 0;
  readonly #server: Server;
  readonly #folder: string | undefined;
  #failure: unknown;

  private constructor(server: Server, address: Address, folder: string | undefined) {
    this.#server = server;
    this.address = address;
    this.#folder = folder;
  }

  static async start(
    script: Script,
    options: { readonly tcp?: boolean; readonly roles?: readonly GatewayRole[] } = {},
  ): Promise<ScriptedApplication> {
    const server = createServer({ allowHalfOpen: true });
    const folder = options.tcp ? undefined : mkdtempSync(join(tmpdir(), "tsgi-client-"));
    if (folder === undefined) server.listen(0, "127.0.0.1");
    else server.listen(join(folder, "s"));
    await once(server, "listening");
    const address: Address =
      folder === undefined
        ? { kind: "tcp", host: "127.0.0.1", port: (server.address() as AddressInfo).port }
        : { kind: "unix", path: join(folder, "s") };
    const application = new ScriptedApplication(server, address, folder);
    server.on("connection", (socket) => {
      const connection = new ScriptedConnection(socket, options.roles, application.connections.length);
      application.connections.push(connection);
      application.#serve(connection, script).catch((error: unknown) => (application.#failure ??= error));
    });
    return application;
  }

  /** Closes all; throws what a script has thrown. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const { socket } of this.connections) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true });
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #serve(connection: ScriptedConnection, script: Script): Promise<void> {
    while (!connection.core.closing) {
      const event = await connection.nextEvent();
      if (event === undefined) break;
      if (event.type !== "request") continue;
      this.requests += 1;
      await script(new ScriptedRequest(connection, event));
    }
    connection.socket.end();
  }
}
