/** `fromNode` of an http.Server: what the server was made with counts, as under Node's own http. */
import { once } from "node:events";
import { createServer, IncomingMessage, ServerResponse, type ServerOptions } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { fromNode } from "../../../src/adapters/index.ts";
import { startNodeSite } from "./sites.ts";

class Request extends IncomingMessage {
  isOwn(): boolean {
    return this.method === "GET" || this.readable;
  }
}

class Response extends ServerResponse {
  sendWord(word: string): void {
    this.setHeader("X-Word", word);
    this.end(word);
  }
}

/** Codes of what a response would not write. */
const refused: string[] = [];

const listener = (request: IncomingMessage, response: ServerResponse): void => {
  response.setHeader("X-Classes", [request.constructor.name, response.constructor.name]);
  response.setHeader("X-Marks", `${request.readableHighWaterMark} ${response.writableHighWaterMark}`);
  if (request instanceof Request && response instanceof Response) {
    response.sendWord(String(request.isOwn()));
    return;
  }
  response.statusCode = 204;
  try {
    response.write("a 204 has no body");
    response.end();
  } catch (error) {
    refused.push(String((error as NodeJS.ErrnoException).code));
    response.end();
  }
};

/** Status, the headers above and the body: under Node's own server, and through the gateway. */
async function both(options: ServerOptions): Promise<[own: unknown, gateway: unknown]> {
  const server = createServer(options as never, listener as never);
  const { origin } = await startNodeSite(fromNode(server));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const answers = [`http://127.0.0.1:${(server.address() as AddressInfo).port}`, origin].map(async (each) => {
    const answer = await fetch(`${each}/`);
    const body = await answer.text();
    const headers = ["x-classes", "x-marks", "x-word"].map((name) => answer.headers.get(name));
    return { status: answer.status, headers, body };
  });
  return (await Promise.all(answers)) as [unknown, unknown];
}

it("names the server as the one of the request's socket", async () => {
  const server = createServer((request, response) => {
    response.end(String((request.socket as { server?: unknown }).server === server));
  });
  const { fetch } = await startNodeSite(fromNode(server));
  expect(await (await fetch("/")).text()).toBe("true");
});

describe("fromNode(http.Server) takes from the server", () => {
  it("its classes of requests and responses", async () => {
    const [own, gateway] = await both({ IncomingMessage: Request, ServerResponse: Response } as never);
    expect(own).toMatchObject({ status: 200, body: "true" });
    expect(gateway).toEqual(own);
  });

  it("its high-water mark", async () => {
    const [own, gateway] = await both({ highWaterMark: 1234 });
    expect(own).toMatchObject({ headers: ["IncomingMessage, ServerResponse", "1234 1234", null] });
    expect(gateway).toEqual(own);
  });

  it("the headers whose values go into one line", async () => {
    const [own, gateway] = await both({ uniqueHeaders: ["x-classes"] });
    expect(own).toMatchObject({ headers: ["IncomingMessage; ServerResponse", expect.anything(), null] });
    expect(gateway).toEqual(own);
  });

  it("that it refuses a body where none may be", async () => {
    const [own, gateway] = await both({ rejectNonStandardBodyWrites: true });
    expect(refused).toEqual(["ERR_HTTP_BODY_NOT_ALLOWED", "ERR_HTTP_BODY_NOT_ALLOWED"]);
    expect(gateway).toEqual(own);
  });

  it("nothing where it was told nothing", async () => {
    const [own, gateway] = await both({});
    expect(own).toMatchObject({ status: 204, headers: [expect.anything(), expect.anything(), null] });
    expect(gateway).toEqual(own);
  });
});
