/** Listeners that throw, reject, give up or never answer; clients that go away. */
import { describe, expect, it } from "vitest";
import { fromNode, type NodeListener } from "../../../src/adapters/index.ts";
import { RawConnection } from "../../support/http-client.ts";
import { gate } from "../../support/serving.ts";
import { startNodeSite } from "./sites.ts";

const failing: Record<string, NodeListener> = {
  "throws at once": () => {
    throw new Error("out of tea");
  },
  "throws after it has written": (_, res) => {
    res.write("half");
    throw new Error("out of tea");
  },
  "rejects at once": () => Promise.reject(new Error("out of tea")),
  "rejects later": async () => {
    await new Promise((resolve) => setImmediate(resolve));
    throw new Error("out of tea");
  },
  "destroys its response with an error": (_, res) => {
    res.destroy(new Error("out of tea"));
  },
};

describe("a listener that", () => {
  it.each(Object.entries(failing))("%s is answered 500, with a line in the log", async (_, listener) => {
    const site = await startNodeSite(fromNode(listener));
    const answer = await site.fetch("/");
    expect(answer.status).toBe(500);
    expect(await answer.text()).toBe("Internal Server Error\n");
    expect(site.serving.log).toHaveLength(1);
    expect(site.serving.log[0]).toMatchObject({ level: "error", error: { message: "out of tea" } });
  });

  it("throws hears 'close' of its response, not 'finish'", async () => {
    const events: string[] = [];
    const closed = gate();
    const site = await startNodeSite(
      fromNode((_, res) => {
        for (const name of ["finish", "close"]) res.on(name, () => events.push(name));
        res.on("close", () => closed.open());
        throw new Error("out of tea");
      }),
    );
    await site.fetch("/");
    await closed.opened;
    expect(events).toEqual(["close"]);
  });

  it.each<[string, NodeListener]>([
    ["response", (_, res) => res.destroy()],
    ["request", (req) => req.destroy()],
    ["socket", (req) => req.socket.destroy()],
  ])("destroys its %s is answered 500: ERR_RESPONSE_DESTROYED", async (_, listener) => {
    const site = await startNodeSite(fromNode(listener));
    expect((await site.fetch("/")).status).toBe(500);
    expect(site.serving.log[0]).toMatchObject({ error: { code: "ERR_RESPONSE_DESTROYED" } });
  });

  it("destroys its response in the middle of the body is cut short", async () => {
    const site = await startNodeSite(
      fromNode((_, res) => {
        res.write("half", () => res.destroy());
      }),
    );
    const answer = await site.fetch("/");
    expect(answer.status).toBe(200);
    await expect(answer.text()).rejects.toThrow("terminated");
  });

  it("fails after its answer had ended: a line on wsgi.errors", async () => {
    const site = await startNodeSite(
      fromNode(async (_, res) => {
        const over = new Promise((resolve) => res.on("close", resolve));
        res.end("whole");
        await over;
        throw new Error("out of tea");
      }),
    );
    expect(await (await site.fetch("/")).text()).toBe("whole");
    expect(site.serving.errors.join("")).toContain("after its answer had ended: Error: out of tea");
  });
});

describe("a client that goes away", () => {
  it("is heard of by request and response, in Node's order", async () => {
    const events: string[] = [];
    const began = gate();
    const closed = gate();
    const site = await startNodeSite(
      fromNode((req, res) => {
        req.on("aborted", () => events.push("req aborted"));
        req.on("error", (error: NodeJS.ErrnoException) => events.push(`req ${error.code} ${error.message}`));
        req.on("close", () => {
          events.push("req close");
          closed.open();
        });
        res.on("finish", () => events.push("res finish"));
        res.on("close", () => events.push("res close"));
        req.once("data", () => began.open());
      }),
    );
    const client = await RawConnection.open(site.port);
    await client.write("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf");
    await began.opened;
    client.abort();
    await closed.opened;
    expect(events).toEqual(["req aborted", "res close", "req ECONNRESET aborted", "req close"]);
  });
});

describe("fromNode", () => {
  it("refuses what is no listener: ERR_CONFIG_OPTION", () => {
    expect(() => fromNode({} as NodeListener)).toThrow(
      expect.objectContaining({ code: "ERR_CONFIG_OPTION" }) as Error,
    );
  });
});
