/**
 * Answers: heads, bodies of all shapes, HEAD, write(), files, and an answer that goes on while the client waits.
 * @module
 */
import type { HeaderList } from "../../bridge/index.ts";
import type { ConformanceCase } from "./conformance-case.ts";
import { answerWith, octets, pattern } from "./answering.ts";

const text: HeaderList = [["Content-Type", "text/plain"]];
const binary: HeaderList = [["Content-Type", "application/octet-stream"]];

/** Who waits for the second request of the case "answer-live"; in one process with the first. */
const waiting: Array<() => void> = [];

export const answerCases: readonly ConformanceCase[] = [
  {
    name: "answer-head",
    holds: "answers HEAD with the head of a GET and no body",
    request: { method: "HEAD" },
    application: answerWith("200 OK", [...text, ["Content-Length", "8"]], "the page"),
    answer: { status: 200, headers: { "content-type": "text/plain", "content-length": "8" }, body: "" },
  },
  {
    name: "answer-length",
    holds: "declares the length of a body of one chunk",
    application: answerWith("200 OK", text, "eleven octe"),
    answer: { status: 200, headers: { "content-length": "11" }, body: "eleven octe" },
  },
  {
    name: "answer-empty",
    holds: "sends an empty body",
    application: answerWith("200 OK", text),
    answer: { status: 200, body: "" },
  },
  {
    name: "answer-cookies",
    holds: "sends each Set-Cookie in a line of its own",
    application: answerWith(
      "200 OK",
      [["Set-Cookie", "a=1; Path=/"], ["Set-Cookie", "b=2; Expires=Thu, 01 Jan 2026 00:00:00 GMT"], ...text],
      "cookies",
    ),
    answer: {
      status: 200,
      headers: { "set-cookie": ["a=1; Path=/", "b=2; Expires=Thu, 01 Jan 2026 00:00:00 GMT"] },
      body: "cookies",
    },
  },
  {
    name: "answer-eight-bit",
    holds: "sends header values above 127 as one octet for each character",
    application: answerWith("200 OK", [["X-Octets", "\u{e9}\u{ff}"], ...text], "octets"),
    answer: { status: 200, headers: { "x-octets": "\u{e9}\u{ff}" }, body: "octets" },
  },
  {
    name: "answer-caching",
    holds: "passes what caches and browsers go by",
    application: answerWith(
      "200 OK",
      [
        ["Cache-Control", "private, max-age=60"],
        ["ETag", 'W/"v1"'],
        ["Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT"],
        ["Vary", "Accept"],
        ["Content-Language", "de"],
        ...text,
      ],
      "cached",
    ),
    answer: {
      status: 200,
      headers: {
        "cache-control": "private, max-age=60",
        etag: 'W/"v1"',
        "last-modified": "Thu, 01 Jan 2026 00:00:00 GMT",
        vary: "Accept",
        "content-language": "de",
      },
      body: "cached",
    },
  },
  {
    name: "answer-chunks",
    holds: "sends the chunks of a body in their order, empty ones among them",
    application: answerWith("200 OK", text, "one ", "", "two ", "three"),
    answer: { status: 200, body: "one two three" },
  },
  {
    name: "answer-generated",
    holds: "sends a body of 1 MiB that is generated, its length undeclared",
    application: (_environ, startResponse) => {
      startResponse("200 OK", binary.slice());
      return (async function* () {
        const body = pattern(1_048_576);
        for (let at = 0; at < body.length; at += 10_000) yield body.subarray(at, at + 10_000);
      })();
    },
    answer: { status: 200, body: pattern(1_048_576) },
  },
  {
    name: "answer-declared",
    holds: "sends a body of 1 MiB with its declared length",
    application: (_environ, startResponse) => {
      startResponse("200 OK", [...binary, ["Content-Length", "1048576"]]);
      return [pattern(1_048_576)];
    },
    answer: { status: 200, body: pattern(1_048_576) },
  },
  {
    name: "answer-write",
    holds: "sends what write() is given before what is returned",
    application: async (_environ, startResponse) => {
      const write = startResponse("200 OK", text.slice());
      await write(octets("written "));
      await write(octets("twice, "));
      return [octets("then returned")];
    },
    answer: { status: 200, body: "written twice, then returned" },
  },
  {
    name: "answer-file",
    holds: "sends what wsgi.file_wrapper wraps, to its end",
    application: (environ, startResponse) => {
      const body = pattern(200_000);
      let at = 0;
      startResponse("200 OK", binary.slice());
      return environ["wsgi.file_wrapper"]({
        read: (size) => {
          const part = body.subarray(at, at + size);
          at += part.length;
          return part;
        },
      });
    },
    answer: { status: 200, body: pattern(200_000) },
  },
  {
    name: "answer-errors",
    holds: "keeps what is written to wsgi.errors out of the answer",
    application: (environ, startResponse) => {
      environ["wsgi.errors"].write("conformance: a line for the error log\n");
      startResponse("200 OK", text.slice());
      return [octets("answered")];
    },
    answer: { status: 200, body: "answered", bodyLacks: "error log" },
  },
  {
    name: "answer-replaced",
    holds: "lets an application replace an answer of which nothing was sent",
    application: (_environ, startResponse) => {
      startResponse("200 OK", [["X-First", "yes"], ...text]);
      startResponse("409 Conflict", text.slice(), new Error("conformance: replaced"));
      return [octets("the second")];
    },
    answer: { status: 409, headers: { "x-first": null }, body: "the second" },
  },
  {
    name: "answer-live",
    holds: "sends what an answer has before the application has the rest",
    application: (environ, startResponse) => {
      startResponse("200 OK", text.slice());
      if (environ.QUERY_STRING === "release") {
        for (const wake of waiting.splice(0)) wake();
        return [octets("released")];
      }
      return (async function* () {
        yield octets("before ");
        await new Promise<void>((resolve) => waiting.push(resolve));
        yield octets("after");
      })();
    },
    thenRequest: { query: "release" },
    answer: { status: 200, body: "before after" },
  },
];
