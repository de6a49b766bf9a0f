/**
 * `node --import` this, and every http.createServer() of the process serves through the gateway: each request goes
 * through the embedded front end, FastCGI octets on a UNIX socket and fromNode. Nothing else of the process changes.
 */
import http from "node:http";
import { syncBuiltinESMExports } from "node:module";
import { GatewayHttpServer } from "./gateway-http-server.mjs";

// Old code calls it without `new`, as it may.
http.Server = new Proxy(GatewayHttpServer, { apply: (target, _self, words) => new target(...words) });
http.createServer = function createServer(...words) {
  return new http.Server(...words);
};
syncBuiltinESMExports();
