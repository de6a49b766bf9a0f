/**
 * Stands between a web server and an application and counts the connections, which neither of them tells.
 * @module
 */
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

export interface CountingRelay extends AsyncDisposable {
  /** Connections accepted so far. */
  readonly connections: number;
}

/** Listens at one UNIX socket and passes everything on to another. */
export async function startCountingRelay(from: string, to: string): Promise<CountingRelay> {
  let connections = 0;
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (incoming) => {
    connections += 1;
    open.add(incoming);
    const outgoing = connect({ path: to, allowHalfOpen: true });
    incoming.pipe(outgoing).pipe(incoming);
    incoming.on("error", () => outgoing.destroy());
    incoming.on("close", () => {
      open.delete(incoming);
      outgoing.destroy();
    });
    outgoing.on("error", () => incoming.destroy()).on("close", () => incoming.destroy());
  });
  server.listen(from);
  await once(server, "listening");
  return {
    get connections() {
      return connections;
    },
    [Symbol.asyncDispose]: () => {
      for (const socket of open) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
