/**
 * Uses node:http as suites of tests do and prints, as JSON, what it saw. It knows nothing of any gateway.
 */
import http, { createServer } from "node:http";
import { createRequire } from "node:module";
import { once } from "node:events";

const seen = {};
const listener = (request, response) => {
  response.setHeader("X-Socket", request.socket.constructor.name);
  request.pipe(response);
};

// As supertest does: the address is there at once.
const server = createServer(listener).listen(0);
const { port } = server.address();
seen.isServer = server instanceof http.Server;
seen.required = createRequire(import.meta.url)("http").createServer === http.createServer;
const answer = await fetch(`http://127.0.0.1:${port}/path`, { method: "POST", body: "echoed" });
seen.answer = [answer.status, answer.headers.get("x-socket"), await answer.text()];

// Listeners that are added later, and a server that is made without `new`.
const late = http.Server();
const requests = [];
late.on("request", ({ method, url }, response) => {
  requests.push(`${method} ${url}`);
  response.end();
});
await once(late.listen(0, "127.0.0.1"), "listening");
await fetch(`http://127.0.0.1:${late.address().port}/late?q=1`, { method: "PUT" });
seen.requests = [...requests];

// Classes of the program's own.
class Answer extends http.ServerResponse {}
const own = createServer({ ServerResponse: Answer }, (request, response) => {
  response.end(`${response.constructor.name} ${request.socket.server?.listening}`);
});
await once(own.listen(0, "127.0.0.1"), "listening");
seen.own = await (await fetch(`http://127.0.0.1:${own.address().port}/`)).text();

// A request and a response that a test has made by hand go to the listeners as they are.
const byHand = [];
late.on("request", (request) => byHand.push(request.name));
late.emit("request", { name: "by hand" }, { end() {} });
seen.byHand = byHand;

seen.events = [];
for (const [name, each] of Object.entries({ server, late, own })) {
  each.on("close", () => seen.events.push(`${name} close`));
  await new Promise((resolve) => {
    each.close((error) => {
      seen.events.push(`${name} closed ${error ?? "well"}`);
      resolve();
    });
    each.closeAllConnections();
  });
}
const taken = createServer().listen(0);
const second = createServer().listen(taken.address().port);
const [{ code }] = await once(second, "error");
seen.error = code;
taken.close();
process.stdout.write(JSON.stringify(seen));
