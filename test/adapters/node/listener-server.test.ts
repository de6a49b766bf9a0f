/** `req.socket.server`: what proxies and Socket.IO do with the server that they take themselves to run in. */
import { createServer, type Server, type ServerResponse } from "node:http";
import { describe, expect, it } from "vitest";
import { fromNode, type NodeRequest } from "../../../src/adapters/index.ts";
import { inject } from "../../../src/testing/index.ts";

/** As nginx sends it. */
const webSocket = { params: { HTTP_CONNECTION: "Upgrade", HTTP_UPGRADE: "websocket" } };

function serverOf(request: NodeRequest): Server {
  return (request.socket as unknown as { server: Server }).server;
}

describe("req.socket.server", () => {
  it("is the http.Server that fromNode was given", async () => {
    const server: Server = createServer((request, response) => {
      response.end(String(serverOf(request as NodeRequest) === server));
    });
    expect((await inject(fromNode(server))).text()).toBe("true");
  });

  it("is the same at each request, listens nowhere, and has the listener for its own", async () => {
    const seen = new Set<Server>();
    const listener = (request: NodeRequest, response: ServerResponse): void => {
      seen.add(serverOf(request));
      response.end();
    };
    const application = fromNode(listener);
    await inject(application);
    await inject(application);
    const [server] = seen;
    expect([seen.size, server?.listening, server?.listeners("request")]).toEqual([1, false, [listener]]);
  });

  it("lets another listener come before this one, as Socket.IO puts itself there", async () => {
    const application = fromNode((request, response) => {
      const server = serverOf(request);
      const others = server.listeners("request");
      server.removeAllListeners("request").on("request", (req, res) => {
        if (req.url === "/socket") res.end("the socket");
        else for (const each of others) Reflect.apply(each, server, [req, res]);
      });
      response.end("the page");
    });
    expect((await inject(application)).text()).toBe("the page");
    expect((await inject(application, "/socket")).text()).toBe("the socket");
    expect((await inject(application)).text()).toBe("the page");
  });

  it("does not cost a listener that rejects its 500", async () => {
    const application = fromNode((request) => {
      serverOf(request).on("upgrade", () => {});
      return Promise.reject(new Error("on purpose"));
    });
    expect([(await inject(application)).status, (await inject(application)).status]).toEqual([500, 500]);
  });
});

describe("a WebSocket", () => {
  it("is refused where the application would take it over, and the log says what to do", async () => {
    const server = createServer((_request, response) => response.end("a page")).on("upgrade", () => {});
    const answer = await inject(fromNode(server), { url: "/ws", ...webSocket });
    expect([answer.status, answer.errors]).toEqual([501, expect.stringContaining("proxy_pass")]);
    expect(answer.text()).toContain("carry no WebSocket");
  });

  it("is a request like any other where nobody waits for it, and so is every other upgrade", async () => {
    const plain = fromNode((_request, response) => void response.end("a page"));
    expect((await inject(plain, webSocket)).text()).toBe("a page");
    const server = createServer((_request, response) => response.end("a page")).on("upgrade", () => {});
    const h2c = { params: { HTTP_CONNECTION: "Upgrade", HTTP_UPGRADE: "h2c" } };
    expect((await inject(fromNode(server), h2c)).text()).toBe("a page");
  });
});
