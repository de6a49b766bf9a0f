/**
 * The peers' side of the benchmark: one `(req, res)` listener, for Node's http and for node-fastcgi alike.
 *
 * It does what back-ends/application.mjs does, in the way that is natural with `(req, res)`: one `end` for a whole
 * answer, `write` and `drain` for a streamed one.
 */
import { once } from "node:events";
import { chunkCount, hello, kibibyte, largeOctets, mebibyte, pieces, requestCount } from "./payloads.mjs";

const plain = "text/plain; charset=utf-8";
const binary = "application/octet-stream";

/** @type {Record<string, (req: object, res: object, query: string) => unknown>} */
const routes = {
  "/hello"(_req, res) {
    res.writeHead(200, { "Content-Type": plain, "Content-Length": hello.length });
    res.end(hello);
  },
  "/node"(req, res) {
    routes["/hello"](req, res);
  },
  "/pieces"(_req, res) {
    res.writeHead(200, { "Content-Type": plain });
    for (const piece of pieces) res.write(piece);
    res.end();
  },
  "/chunks"(_req, res) {
    // Its length is given: chunked transfer coding would cost Node's side more than twice as much.
    res.writeHead(200, { "Content-Type": binary, "Content-Length": largeOctets });
    return repeat(res, kibibyte, chunkCount);
  },
  "/stream"(_req, res) {
    res.writeHead(200, { "Content-Type": binary });
    return repeat(res, kibibyte, chunkCount);
  },
  "/large"(_req, res) {
    res.writeHead(200, { "Content-Type": binary, "Content-Length": largeOctets });
    res.end(mebibyte);
  },
  "/through"(_req, res, query) {
    res.writeHead(200, { "Content-Type": binary });
    return repeat(res, mebibyte.subarray(0, 65_536), requestCount(query));
  },
  "/upload"(req, res) {
    let octets = 0;
    req.on("data", (chunk) => {
      octets += chunk.length;
    });
    req.on("end", () => {
      res.writeHead(200, { "Content-Type": plain });
      res.end(String(octets));
    });
  },
  "/collect"(_req, res) {
    globalThis.gc?.();
    res.writeHead(200, { "Content-Type": plain });
    res.end("collected");
  },
};

// What a fetch handler is compared with: the same words by the peers' own means.
routes["/fetch"] = routes["/hello"];
routes["/hono"] = routes["/hello"];

/** What `createServer` of both peers is given. */
export function listener(req, res) {
  const mark = req.url.indexOf("?");
  if (mark < 0) routes[req.url](req, res, "");
  else routes[req.url.slice(0, mark)](req, res, req.url.slice(mark + 1));
}

/** An Express application as it is generated: one route behind the default middleware. */
export async function expressApp() {
  const { default: express } = await import("express");
  const app = express();
  app.get("/express", (_req, res) => {
    res.send(hello.toString());
  });
  return app;
}

async function repeat(res, chunk, count) {
  for (let n = 0; n < count; n++) {
    if (!res.write(chunk)) await once(res, "drain");
  }
  res.end();
}
