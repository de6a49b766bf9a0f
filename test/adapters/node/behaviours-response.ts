/** What listeners do with a response. Each is run under Node's own server and under `fromNode`. */
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Behaviour } from "./differential.ts";

const code = (act: () => unknown): string => {
  try {
    act();
    return "nothing";
  } catch (error) {
    return `${(error as NodeJS.ErrnoException).name} ${(error as NodeJS.ErrnoException).code}`;
  }
};

export const responseBehaviours: Readonly<Record<string, Behaviour>> = {
  // One call.
  "ends with nothing": { run: (_, res) => res.end() },
  "ends with text": { run: (_, res) => res.end("text") },
  "ends with octets": { run: (_, res) => res.end(new Uint8Array([104, 105])) },
  "ends with an encoding": { run: (_, res) => res.end("aGk=", "base64") },
  "ends with latin-1": { run: (_, res) => res.end("caf\u00e9", "latin1") },
  "ends with utf-8": { run: (_, res) => res.end("caf\u00e9 \u2615") },
  "ends with a callback": { run: (_, res, log) => res.end(() => log("callback")) },
  "ends with text and a callback": { run: (_, res, log) => res.end("x", () => log("callback")) },
  "ends with everything": { run: (_, res, log) => res.end("eA==", "base64", () => log("callback")) },
  "ends later": { run: (_, res) => setImmediate(() => res.end("later")) },
  "ends in a microtask": { run: (_, res) => Promise.resolve().then(() => res.end("soon")) },
  "ends twice": { run: (_, res) => res.end("one").end() },
  "ends twice with callbacks": {
    run: (_, res, log) => {
      res.end("one", () => log("first"));
      res.end(() => log("second"));
    },
  },
  "ends with a chunk twice": { run: (_, res, log) => res.end("one").end("two", () => log("second")) },
  "calls end's callback after finish": {
    run: (_, res, log) => {
      res.end("x");
      res.on("close", () => res.end((error?: NodeJS.ErrnoException) => log(`late ${error?.code}`)));
    },
  },

  "promises trailers behind a known length, or no body": {
    run: (_, res, log) => {
      res.setHeader("Trailer", "x-sum");
      log(code(() => res.writeHead(200, { "Content-Length": "2" })));
      log(code(() => res.writeHead(304)));
      res.removeHeader("Trailer");
      res.statusCode = 200;
      res.end("ok");
    },
  },
  // Chunks.
  "writes and ends": {
    run: (_, res) => {
      res.write("a");
      res.write("b");
      res.end("c");
    },
  },
  "writes with callbacks": {
    run: (_, res, log) => {
      res.write("a", () => log("a"));
      res.write("Yg==", "base64", () => log("b"));
      res.end("c", () => log("c"));
    },
  },
  "writes over several turns": {
    run: async (_, res, log) => {
      for (const chunk of ["one ", "two ", "three"]) {
        await new Promise<void>((resolve) => res.write(chunk, () => resolve()));
        log(`wrote ${chunk}`);
      }
      res.end();
    },
  },
  "writes an empty chunk": {
    run: (_, res, log) => {
      log(String(res.write("", () => log("empty"))));
      res.end("x");
    },
  },
  "writes with a known length": {
    run: (_, res) => {
      res.setHeader("Content-Length", 4);
      res.write("ab");
      res.end("cd");
    },
  },
  "is told to wait, and drained": {
    run: (_, res, log) => {
      const chunk = Buffer.alloc(1_000_000, "x");
      log(String(res.write(chunk)));
      log(`needs ${res.writableNeedDrain} ended ${res.writableEnded}`);
      res.once("drain", () => {
        log(`needs ${res.writableNeedDrain} length ${res.writableLength}`);
        res.end("end");
      });
    },
  },
  "is piped to": {
    run: (_, res) => Readable.from(["a", "b", "c"]).pipe(res),
  },
  "is piped to by pipeline": {
    run: async (_, res, log) => {
      await pipeline(Readable.from([Buffer.alloc(200_000, "a"), Buffer.alloc(200_000, "b")]), res);
      log("pipeline");
    },
  },
  "corks and uncorks": {
    run: (_, res, log) => {
      res.cork();
      res.write("a");
      res.write("b");
      log(`corked ${res.writableCorked > 0}`);
      setImmediate(() => {
        res.uncork();
        res.end("c");
      });
    },
  },
  "writes after the end": {
    run: (_, res, log) => {
      res.end("x");
      log(String(res.write("y", (error) => log(`callback ${(error as NodeJS.ErrnoException).code}`))));
    },
  },
  "writes what is no chunk": {
    run: (_, res, log) => {
      log(code(() => res.write(42 as never)));
      log(code(() => res.write(null as never)));
      log(code(() => res.write({} as never)));
      res.end();
    },
  },
  "reports its states": {
    run: (_, res, log) => {
      const states = (): string =>
        [
          res.headersSent,
          res.writableEnded,
          res.writableFinished,
          res.finished,
          res.destroyed,
          res.writable,
        ].join();
      log(`high water ${res.writableHighWaterMark} object mode ${res.writableObjectMode}`);
      log(`before ${states()}`);
      res.write("a");
      log(`written ${states()}`);
      res.end("b");
      log(`ended ${states()}`);
      res.on("finish", () => log(`finish ${states()} socket ${res.socket === null}`));
      res.on("close", () => log(`close ${states()} closed ${res.closed} errored ${res.errored}`));
    },
  },
  "finds its request": { run: (req, res) => res.end(String(res.req === req && res.socket === req.socket)) },
  "pipes from the response": {
    run: (_, res) => {
      (res as unknown as Readable).pipe(process.stdout);
      res.end();
    },
  },
  "hashes large chunks": {
    run: (_, res) => {
      const hash = createHash("sha1");
      for (let n = 0; n < 40; n++) {
        const chunk = Buffer.alloc(50_000, String.fromCharCode(65 + n));
        hash.update(chunk);
        res.write(chunk);
      }
      res.end(hash.digest("hex"));
    },
  },

  // Status and head.
  "sets statusCode": { run: (_, res) => Object.assign(res, { statusCode: 404 }).end("gone") },
  "sets statusMessage": {
    run: (_, res) => Object.assign(res, { statusCode: 404, statusMessage: "Lost" }).end(),
  },
  "has its own status code": { run: (_, res) => res.writeHead(299).end() },
  "writeHead with headers": { run: (_, res) => res.writeHead(201, { "X-One": "1", "x-two": 2 }).end("x") },
  "writeHead with a reason": { run: (_, res) => res.writeHead(201, "Made", { "X-One": "1" }).end("x") },
  "writeHead with an empty reason": {
    run: (_, res) => res.writeHead(200, "").end("x"),
    differs: { why: "a gateway's status line always has a reason", answer: true },
  },
  "writeHead with a raw list": {
    run: (_, res) => res.writeHead(200, ["X-A", "1", "X-B", "2", "x-a", "3"]).end(),
  },
  "writeHead over setHeader": {
    run: (_, res) => {
      res.setHeader("X-One", "old");
      res.setHeader("X-Two", "kept");
      res.writeHead(200, { "x-one": "new", "X-Three": "3" }).end();
    },
  },
  "writeHead with a raw list over setHeader": {
    run: (_, res) => {
      res.setHeader("X-One", "old");
      res.writeHead(200, ["X-One", "new", "X-Three", "3"]).end();
    },
  },
  "writeHead with a length": { run: (_, res) => res.writeHead(200, { "Content-Length": "2" }).end("ok") },
  "writeHead twice": {
    run: (_, res, log) => {
      res.writeHead(200);
      log(code(() => res.writeHead(201)));
      res.end();
    },
  },
  "writeHead with a bad status": {
    run: (_, res, log) => {
      log(code(() => res.writeHead(42)));
      log(code(() => res.writeHead(1000)));
      log(code(() => res.writeHead("x" as never)));
      res.end();
    },
  },
  "refuses bad headers": {
    run: (_, res, log) => {
      log(code(() => res.setHeader("bad name", "x")));
      log(code(() => res.setHeader("", "x")));
      log(code(() => res.setHeader("X-A", "a\r\nb: c")));
      log(code(() => res.setHeader("X-A", "\u2615")));
      log(code(() => res.setHeader("X-A", undefined as never)));
      log(code(() => res.writeHead(200, { "X A": "x" })));
      log(code(() => res.writeHead(200, { "X-A": "a\nb" })));
      log(code(() => res.writeHead(200, ["X-A"] as never)));
      res.end("still here");
    },
  },
  "refuses a bad reason": {
    run: (_, res, log) => {
      log(code(() => res.writeHead(200, "a\nb")));
      res.statusMessage = "Fine";
      res.end();
    },
  },
  "refuses headers that come too late": {
    run: (_, res, log) => {
      res.flushHeaders();
      log(code(() => res.setHeader("X-A", "1")));
      log(code(() => res.appendHeader("X-A", "1")));
      log(code(() => res.removeHeader("X-A")));
      log(code(() => res.writeHead(200)));
      res.end("x");
    },
  },
  "keeps headers": {
    run: (_, res, log) => {
      res.setHeader("X-Number", 5).setHeader("X-List", ["a", "b"]);
      res.appendHeader("X-List", "c").appendHeader("x-new", ["d", "e"]);
      res.setHeader("X-Gone", "1");
      res.removeHeader("x-gone");
      log(JSON.stringify([res.getHeaders(), res.getHeaderNames(), res.getHeader("x-number")]));
      log(`${res.hasHeader("X-List")} ${res.hasHeader("x-gone")} ${res.getHeader("nothing")}`);
      res.end();
      log(JSON.stringify(res.getHeaders()));
    },
  },
  "setHeaders takes Headers": {
    run: (_, res) =>
      res
        .setHeaders(
          new Headers([
            ["X-A", "1"],
            ["Set-Cookie", "a=1"],
            ["Set-Cookie", "b=2"],
          ]),
        )
        .end(),
  },
  "sets cookies": { run: (_, res) => res.setHeader("Set-Cookie", ["a=1", "b=2"]).end() },
  "sends octets in headers": { run: (_, res) => res.setHeader("X-A", "caf\u00e9").end() },
  "sends a tab in a header": {
    run: (_, res) => res.setHeader("X-A", "a\tb").end(),
    differs: { why: "the gateway takes no control characters: a tab becomes a space", headers: ["x-a"] },
  },
  "sends headers of the connection": {
    run: (_, res) => {
      res.setHeader("Connection", "close").setHeader("Keep-Alive", "timeout=9");
      res.setHeader("Transfer-Encoding", "chunked").setHeader("Upgrade", "h2c");
      res.end("x");
    },
    differs: { why: "connections are the web server's affair: these are dropped", headers: ["upgrade"] },
  },
  "sends a Status header": {
    run: (_, res) => res.setHeader("Status", "404 Nope").end("x"),
    differs: { why: "CGI's word for the status line is dropped", headers: ["status"] },
  },
  "sends a Date": { run: (_, res) => res.setHeader("Date", "Thu, 01 Jan 1970 00:00:00 GMT").end() },
  "flushes its head": {
    run: (_, res, log) => {
      res.setHeader("X-A", "1");
      res.flushHeaders();
      log(String(res.headersSent));
      setImmediate(() => res.end("x"));
    },
  },
  "removes Content-Length": {
    run: (_, res) => {
      res.removeHeader("Content-Length");
      res.end("x");
    },
  },
  "answers HEAD": { method: "HEAD", run: (_, res) => res.end("not sent") },
  "answers HEAD with a length": {
    method: "HEAD",
    run: (_, res, log) => {
      res.setHeader("Content-Length", 8);
      log(String(res.write("not sent", () => log("written"))));
      res.end();
    },
  },
  "answers 204": { run: (_, res) => res.writeHead(204).end("not sent") },
  "answers 304": { run: (_, res) => res.writeHead(304, { ETag: '"1"' }).end() },
  "sends interim answers": {
    run: (_, res, log) => {
      res.writeContinue(() => log("continue"));
      res.writeProcessing();
      res.writeEarlyHints({ link: "</a.css>; rel=preload" }, () => log("hints"));
      res.end("x");
    },
  },
  "sends trailers": {
    run: (_, res) => {
      res.writeHead(200, { Trailer: "X-T" });
      res.write("x");
      res.addTrailers({ "X-T": "1" });
      res.end();
    },
    differs: { why: "CGI has no trailers", headers: ["trailer"] },
  },
  "keeps a strict length": {
    run: (_, res, log) => {
      res.strictContentLength = true;
      res.writeHead(200, { "Content-Length": 3 });
      log(code(() => res.write("four")));
      res.write("ab");
      log(code(() => res.end()));
      res.end("c");
    },
  },
  "sets a timeout": {
    run: (_, res, log) => {
      res.setTimeout(20, () => {
        log("timeout");
        res.end("late");
      });
    },
  },

  // Ends that are none.
  "destroys the response": {
    run: (_, res) => res.destroy(),
    differs: {
      why: "a gateway must answer something: 500",
      answer: true,
      headers: ["content-type", "content-length"],
    },
  },
  "destroys the response with an error": {
    run: (_, res, log) => {
      res.destroy(new Error("why"));
      log(`${res.destroyed} ${res.errored?.message}`);
    },
    differs: {
      why: "a gateway must answer something: 500",
      answer: true,
      headers: ["content-type", "content-length"],
    },
  },
  "ends after its socket was destroyed": {
    run: (req, res, log) => {
      req.socket.on("error", (error) => log(`socket ${error.message}`));
      req.socket.destroy(new Error("why"));
      res.end("x", () => log("callback"));
    },
    differs: {
      why: "a gateway must answer something: 500",
      answer: true,
      headers: ["content-type", "content-length"],
    },
  },
  "destroys its socket behind a chunk": {
    run: (req, res) => {
      res.write("first");
      setImmediate(() => req.socket.destroy());
    },
  },
  "destroys the response behind its end": {
    run: (_, res) => {
      res.writeHead(500);
      res.end("whole");
      res.destroy(new Error("why"));
    },
    differs: { why: "the order of the request's own end", lines: /^req / },
  },
  "destroys the response in mid-body": {
    run: (_, res) => {
      res.write("half", () => setImmediate(() => res.destroy()));
    },
  },
  "writes after destroy": {
    run: (_, res, log) => {
      res.destroy();
      log(String(res.write("x", (error) => log(`callback ${(error as NodeJS.ErrnoException).code}`))));
    },
    differs: {
      why: "a gateway must answer something: 500",
      answer: true,
      headers: ["content-type", "content-length"],
    },
  },
  "loses its client in mid-body": {
    leaves: "after head",
    run: (_, res, log) => {
      res.write("first");
      res.on("close", () => {
        log(`${res.destroyed} ${res.writableFinished} ${res.writableEnded}`);
        log(String(res.write("second", (error) => log(`callback ${(error as NodeJS.ErrnoException).code}`))));
        res.end();
      });
    },
  },
  "loses its client before the answer": {
    leaves: "when told",
    run: (_, res) => void res.emit("leave"),
  },
};
