/** What listeners do with a request. Each is run under Node's own server and under `fromNode`. */
import { finished } from "node:stream";
import { text } from "node:stream/consumers";
import type { Behaviour } from "./differential.ts";

export const requestBehaviours: Readonly<Record<string, Behaviour>> = {
  "is read as text": {
    method: "POST",
    body: "some text",
    run: async (req, res) => res.end((await text(req)).toUpperCase()),
  },
  "is read by data and end": {
    method: "POST",
    body: "some text",
    run: (req, res, log) => {
      req.on("data", (chunk: Buffer) => log(`data ${String(chunk)} ${Buffer.isBuffer(chunk)}`));
      req.on("end", () => {
        log(`complete ${req.complete} ended ${req.readableEnded} readable ${req.readable}`);
        res.end("read");
      });
    },
  },
  "is read with an encoding": {
    method: "POST",
    body: "caf\u00e9",
    run: (req, res, log) => {
      req.setEncoding("utf8").on("data", (chunk: string) => log(`data ${chunk}`));
      req.on("end", () => res.end("read"));
    },
  },
  "is iterated": {
    method: "POST",
    body: "x".repeat(300_000),
    run: async (req, res) => {
      let octets = 0;
      for await (const chunk of req) octets += (chunk as Buffer).length;
      res.end(String(octets));
    },
  },
  "is read in paused mode": {
    method: "POST",
    body: "paused",
    run: (req, res) => {
      let got = "";
      req.on("readable", () => {
        for (let chunk = req.read() as Buffer | null; chunk !== null; chunk = req.read() as Buffer | null)
          got += String(chunk);
      });
      req.on("end", () => res.end(got));
    },
  },
  "is piped to the response": {
    method: "POST",
    body: "echo".repeat(50_000),
    run: (req, res) => req.pipe(res),
    differs: { why: "the body comes in pieces of another size", lines: /^res drain/ },
  },
  "is paused and resumed": {
    method: "POST",
    body: "x".repeat(100_000),
    run: (req, res) => {
      let octets = 0;
      req.on("data", (chunk: Buffer) => {
        octets += chunk.length;
        req.pause();
        setImmediate(() => req.resume());
      });
      req.on("end", () => res.end(String(octets)));
    },
  },
  "is not read at all": {
    method: "POST",
    body: "unread",
    run: (_, res) => res.end("answered"),
    // Since Node.js 26.
    differs: {
      why: "a body that nobody read was never fetched, so its end comes at once",
      lines: /^(res close|req end)/,
    },
  },
  "is resumed only": {
    method: "POST",
    body: "dropped",
    run: (req, res) => req.resume().on("end", () => res.end("read")),
  },
  "has no body, and is read": {
    run: (req, res, log) => {
      req.on("data", () => log("data"));
      req.on("end", () => res.end(`complete ${req.complete}`));
    },
  },
  "has no body, and is iterated": {
    run: async (req, res) => {
      let chunks = 0;
      for await (const _ of req) chunks++;
      res.end(String(chunks));
    },
  },
  "has no body, and is read late": {
    run: (req, res) => {
      setImmediate(() => req.resume().on("end", () => res.end("late")));
    },
  },
  "is POST without a body": {
    method: "POST",
    headers: { "Content-Length": "0" },
    run: async (req, res) => res.end(JSON.stringify([await text(req), req.headers["content-length"]])),
  },
  "tells its line": {
    run: (req, res) => res.end(JSON.stringify([req.method, req.url, req.httpVersion])),
  },
  "tells its version": {
    run: (req, res) => res.end(JSON.stringify([req.httpVersionMajor, req.httpVersionMinor])),
  },
  "tells its headers": {
    headers: {
      "X-One": "1",
      Accept: "text/html",
      Cookie: "a=1; b=2",
      "X-Many": ["a", "b"],
      "User-Agent": "test",
      Referer: "http://x/",
    },
    run: (req, res) => {
      const { host: _, connection: __, ...headers } = req.headers;
      res.end(JSON.stringify(headers));
    },
  },
  "tells its distinct headers": {
    headers: { "X-One": "1", Accept: "text/html" },
    run: (req, res) => {
      const { "x-one": one, accept } = req.headersDistinct;
      res.end(JSON.stringify([one, accept, Object.getPrototypeOf(req.headersDistinct)]));
    },
  },
  "tells its raw headers": {
    headers: { "x-one": "1", accept: "text/html" },
    run: (req, res) => {
      const wanted = new Set(["x-one", "accept"]);
      res.end(JSON.stringify(req.rawHeaders.filter((_, n, all) => wanted.has(all[n - (n % 2)]!))));
    },
  },
  "has no trailers": {
    run: (req, res) => res.end(JSON.stringify([req.trailers, req.rawTrailers, req.trailersDistinct])),
  },
  "tells its states": {
    run: (req, res, log) => {
      const states = (): string =>
        [req.complete, req.aborted, req.destroyed, req.readableEnded, req.readableFlowing].join();
      log(`at first ${states()} ${req.statusCode} ${req.statusMessage}`);
      setImmediate(() => {
        log(`then ${states()}`);
        res.end();
      });
      req.on("close", () => log(`closed ${states()}`));
    },
    differs: { why: "a request that cannot have a body is complete from the start", lines: /^at first/ },
  },
  "tells its socket": {
    run: (req, res) => {
      const { socket } = req;
      const facts = [
        req.connection === socket,
        socket.remoteAddress,
        typeof socket.remotePort,
        socket.remoteFamily,
        socket.localAddress,
        typeof socket.localPort,
        socket.destroyed,
        socket.readable,
        socket.writable,
        "encrypted" in socket,
      ];
      socket.setNoDelay(true).setKeepAlive(true).setTimeout(0);
      res.end(JSON.stringify(facts));
    },
  },
  "is finished": {
    method: "POST",
    body: "x",
    run: (req, res, log) => {
      finished(req, (error) => log(`req finished ${error?.message}`));
      finished(res, (error) => log(`res finished ${error?.message}`));
      req.resume();
      res.end("x");
    },
  },
  "is finished without being read": {
    run: (req, res, log) => {
      finished(req, (error) => log(`req finished ${error?.message}`));
      finished(res, (error) => log(`res finished ${error?.message}`));
      res.end("x");
    },
  },
  "is read after the answer": {
    method: "POST",
    body: "read late",
    run: (req, res, log) => {
      res.on("finish", () => {
        req.on("data", (chunk: Buffer) => log(`data ${String(chunk)}`));
      });
      res.end("early");
    },
    differs: {
      why: "what is left of an upload after the answer is dropped",
      lines: /^(data|res close|req end)/,
    },
  },
  "is destroyed": {
    run: (req, _, log) => {
      req.destroy(new Error("why"));
      log(`${req.destroyed} ${req.aborted}`);
    },
    differs: {
      why: "a gateway must answer something: 500",
      answer: true,
      headers: ["content-type", "content-length"],
    },
  },
  "loses its client in mid-body": {
    method: "POST",
    headers: { "Content-Length": "100" },
    body: "half",
    leaves: "when told",
    run: (req, res, log) => {
      req.on("data", (chunk: Buffer) => {
        log(`data ${String(chunk)}`);
        res.emit("leave");
      });
      req.on("close", () => log(`${req.complete} ${req.aborted} ${req.destroyed} ${req.errored?.message}`));
    },
  },
  "loses its client while it is iterated": {
    method: "POST",
    headers: { "Content-Length": "100" },
    body: "half",
    leaves: "when told",
    run: async (req, res, log) => {
      try {
        for await (const chunk of req) {
          log(`data ${String(chunk)}`);
          res.emit("leave");
        }
      } catch (error) {
        log(`thrown ${(error as NodeJS.ErrnoException).code} ${(error as Error).message}`);
      }
    },
  },
  "loses its client after its body was read": {
    method: "POST",
    body: "whole",
    leaves: "when told",
    headers: { "Content-Length": "5" },
    run: (req, res) => {
      req.resume().on("end", () => setImmediate(() => res.emit("leave")));
    },
  },
  "sets a timeout": {
    method: "POST",
    headers: { "Content-Length": "100" },
    body: "half",
    leaves: "when told",
    run: (req, res, log) => {
      req.resume().setTimeout(20, () => {
        log("timeout");
        res.emit("leave");
      });
    },
  },
  "is unshifted": {
    method: "POST",
    body: "tail",
    run: (req, res) => {
      req.once("data", (chunk: Buffer) => {
        req.pause();
        req.unshift(Buffer.concat([Buffer.from("head "), chunk]));
        void text(req).then((got) => res.end(got));
      });
    },
  },
  // Nobody listens to it: `fromNode` then sets what streams would have set in five ticks.
  "is left alone": {
    run: (req, res, log) => {
      res.on("close", () => {
        log(`read ${req.readableEnded} destroyed ${req.destroyed}`);
        setImmediate(() => {
          const { complete, readable, readableEnded, readableFlowing, destroyed, closed } = req;
          log(
            `${complete} ${readable} ${readableEnded} ${readableFlowing} ${destroyed} ${closed} ${req.aborted}`,
          );
          finished(req, (error) => log(`finished ${error?.message}`));
        });
      });
      res.end("left");
    },
  },
  "is left alone until the answer has ended": {
    run: (req, res, log) => {
      res.on("finish", () => req.on("end", () => log("end")).on("close", () => log("close")));
      res.end("left");
    },
  },
  "is listened to when the answer has closed": {
    run: (req, res, log) => {
      res.on("close", () => req.on("end", () => log("end")).on("close", () => log("close")));
      res.end("left");
    },
  },
};
