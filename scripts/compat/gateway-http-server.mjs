/**
 * An http.Server whose listeners sit behind the gateway.
 *
 * It is a real http.Server on a real port, so listening, addresses, timeouts and closing are Node's own. Only "request"
 * goes another way: what arrives is handed to the embedded front end, which sends it over a UNIX socket to `serve`,
 * whose application is `fromNode` of this server's "request" listeners.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createFrontEnd } from "../../dist/client/index.js";
import { fromNode, serve } from "../../dist/index.js";

/** What ends the requests of a web server's own; no gateway protocol carries an upgrade or a tunnel. */
const notCarried = new Set(["upgrade", "connect", "checkExpectation"]);

let directory;
let count = 0;

/** One gateway: a socket, a server behind it and a front end before it. */
class Gateway {
  /** @param {import("node:http").Server} site whose listeners answer */
  constructor(site) {
    directory ??= makeDirectory();
    const path = join(directory, `${(count++).toString(36)}`);
    this.ready = this.#open(site, path);
    // Each request that waits for it hears of a failure.
    this.ready.catch(() => {});
  }

  async #open(site, path) {
    const server = await serve(fromNode(site), {
      fastcgi: `unix:${path}`,
      log: (entry) => trace("server", entry.error ?? entry),
      writeErrors: (text) => trace("wsgi.errors", text),
    });
    const frontEnd = createFrontEnd({
      gateway: { protocol: "fastcgi", address: { kind: "unix", path } },
      onFailure: (error, request) => trace(`front end ${request.method} ${request.url}`, error),
    });
    return { server, frontEnd };
  }

  async close() {
    const { server, frontEnd } = await this.ready;
    await frontEnd.close({ graceMs: 0 });
    await server.close({ graceMs: 0 });
  }
}

export class GatewayHttpServer extends Server {
  /** Opened by `listen`, so that the first request does not wait for it. */
  #gateway;

  listen(...words) {
    this.#gateway ??= this.#open();
    return super.listen(...words);
  }

  /** node:http asks this before it takes a request out of the ordinary course. */
  listenerCount(event, ...words) {
    if (event === "checkContinue") return 1;
    if (notCarried.has(event)) return 0;
    return super.listenerCount(event, ...words);
  }

  emit(event, ...words) {
    // Nothing more comes: it has closed, or it could not listen in the first place.
    if (event === "close" || (event === "error" && !this.listening)) this.#close();
    const isRequest = event === "request" || event === "checkContinue";
    // A request made by fromNode, or by a test by hand, has no socket of this server.
    if (!isRequest || words[0]?.socket?.server !== this) return super.emit(event, ...words);
    void this.#carry(words[0], words[1], event === "checkContinue");
    return true;
  }

  #close() {
    const gateway = this.#gateway;
    this.#gateway = undefined;
    gateway?.close().catch((error) => trace("close", error));
  }

  #open() {
    // With what the server was made with, and without its way of giving requests to the gateway.
    const ways = { listenerCount: () => 1, emit: (...words) => super.emit(...words) };
    const own = new Proxy(this, { get: (server, name) => ways[name] ?? Reflect.get(server, name) });
    return new Gateway(own);
  }

  async #carry(request, response, expectsContinue) {
    try {
      // A server that has closed still answers what is on its open connections.
      this.#gateway ??= this.#open();
      const { frontEnd } = await this.#gateway.ready;
      // node:http closes what is idle when it is told to close, and this answer may be out a little later than its own.
      response.once("close", () => {
        if (!this.listening) setImmediate(() => this.closeIdleConnections());
      });
      await frontEnd.handle(request, response, expectsContinue);
    } catch (error) {
      trace("gateway", error);
      response.destroy();
    }
  }
}

function makeDirectory() {
  const made = mkdtempSync(join(tmpdir(), "tsgi-compat-"));
  process.on("exit", () => rmSync(made, { recursive: true, force: true }));
  return made;
}

/** What the gateway has to say: only where it is asked for, since suites look at what is printed. */
function trace(where, what) {
  if (process.env.TSGI_COMPAT_TRACE === undefined) return;
  process.stderr.write(`[gateway] ${where}: ${what?.stack ?? JSON.stringify(what)}\n`);
}
