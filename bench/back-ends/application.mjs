/**
 * The tsgi side of the benchmark: one WSGI application that answers every workload by its path.
 *
 * back-ends/listener.mjs does the same work for Node's http and for node-fastcgi, and for tsgi's `fromNode`: what is
 * under /node and /express is that very listener. What is sent is in payloads.mjs.
 */
import { pathToFileURL } from "node:url";
import { Hono } from "hono";
import { expressApp, listener } from "./listener.mjs";
import {
  chunkCount,
  compute,
  hello,
  helloText,
  kibibyte,
  largeOctets,
  mebibyte,
  pieces,
  requestCount,
} from "./payloads.mjs";

const plain = ["Content-Type", "text/plain; charset=utf-8"];
const binary = ["Content-Type", "application/octet-stream"];

const hono = new Hono();
hono.get("/hono", (c) => c.text(helloText));
// Of the build that is measured: the program that was started is its dist/cli/main.js.
const { fromFetch, fromNode } = await import(new URL("../index.js", pathToFileURL(process.argv[1])).href);

/** @type {Record<string, (environ: object, startResponse: Function) => unknown>} */
const routes = {
  "/node": fromNode?.(listener),
  "/express": fromNode?.(await expressApp()),
  "/hello"(_environ, startResponse) {
    startResponse("200 OK", [[...plain], ["Content-Length", String(hello.length)]]);
    return [hello];
  },
  "/work"(_environ, startResponse) {
    startResponse("200 OK", [[...plain], ["Content-Length", String(hello.length)]]);
    compute();
    return [hello];
  },
  "/fetch": fromFetch(() => new Response(helloText, { headers: { "Content-Type": plain[1] } })),
  "/hono": fromFetch(hono),
  "/pieces"(_environ, startResponse) {
    startResponse("200 OK", [[...plain]]);
    return pieces;
  },
  "/chunks"(_environ, startResponse) {
    startResponse("200 OK", [[...binary], ["Content-Length", String(largeOctets)]]);
    return repeat(kibibyte, chunkCount);
  },
  "/stream"(_environ, startResponse) {
    startResponse("200 OK", [[...binary]]);
    return repeat(kibibyte, chunkCount);
  },
  "/large"(_environ, startResponse) {
    startResponse("200 OK", [[...binary], ["Content-Length", String(largeOctets)]]);
    return [mebibyte];
  },
  "/through"(environ, startResponse) {
    startResponse("200 OK", [[...binary]]);
    return repeat(mebibyte.subarray(0, 65_536), requestCount(environ.QUERY_STRING));
  },
  async "/upload"(environ, startResponse) {
    let octets = 0;
    for await (const chunk of environ["wsgi.input"].chunks()) octets += chunk.length;
    startResponse("200 OK", [[...plain]]);
    return [Buffer.from(String(octets))];
  },
  "/collect"(_environ, startResponse) {
    globalThis.gc?.();
    startResponse("200 OK", [[...plain]]);
    return [Buffer.from("collected")];
  },
};

/** The application that `tsgi serve` loads. */
export function application(environ, startResponse) {
  return routes[environ.PATH_INFO](environ, startResponse);
}

async function* repeat(chunk, count) {
  for (let n = 0; n < count; n++) yield chunk;
}
