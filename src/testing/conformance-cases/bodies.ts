/**
 * Request bodies: read whole, by line, in part and not at all; of declared and of undeclared length.
 * @module
 */
import type { ConformanceCase } from "./conformance-case.ts";
import { answerWith, echo, octets, pattern } from "./answering.ts";

const sizes: ReadonlyArray<readonly [name: string, length: number]> = [
  ["0", 0],
  ["1", 1],
  ["64k", 65_536],
  ["1m", 1_048_576],
];

function echoed(name: string, length: number, chunked: boolean): ConformanceCase {
  const body = pattern(length);
  return {
    name: `${chunked ? "chunked" : "body"}-${name}`,
    holds: `gives the application a body of ${length} octets${chunked ? " of undeclared length" : ""}`,
    request: { method: "POST", body, chunked },
    application: echo,
    answer: { status: 200, body },
  };
}

export const bodyCases: readonly ConformanceCase[] = [
  ...sizes.map(([name, length]) => echoed(name, length, false)),
  ...sizes.map(([name, length]) => echoed(name, length, true)),
  {
    name: "body-lines",
    holds: "reads a body by line",
    request: { method: "POST", body: octets("first\nsecond\r\n\nlast") },
    application: async (environ, startResponse) => {
      const lines: string[] = [];
      for await (const line of environ["wsgi.input"]) lines.push(new TextDecoder().decode(line));
      startResponse("200 OK", [["Content-Type", "application/json"]]);
      return [octets(JSON.stringify(lines))];
    },
    answer: { status: 200, body: '["first\\n","second\\r\\n","\\n","last"]' },
  },
  {
    name: "body-part",
    holds: "answers when the application reads only a part of a body",
    request: { method: "POST", body: pattern(65_536) },
    application: async (environ, startResponse) => {
      const part = await environ["wsgi.input"].read(10);
      startResponse("200 OK", [["Content-Type", "application/octet-stream"]]);
      return [part];
    },
    answer: { status: 200, body: pattern(10) },
  },
  {
    name: "body-unread",
    holds: "answers when the application does not look at a body",
    request: { method: "POST", body: pattern(65_536) },
    application: answerWith("200 OK", [["Content-Type", "text/plain"]], "not interested"),
    answer: { status: 200, body: "not interested" },
  },
  {
    name: "body-refused",
    holds: "delivers an early 413 to a client that uploads 4 MiB",
    request: { method: "POST", body: new Uint8Array(4_194_304) },
    application: answerWith("413 Content Too Large", [["Content-Type", "text/plain"]], "too large for me"),
    answer: { status: 413, body: "too large for me" },
  },
];
