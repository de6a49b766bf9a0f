/**
 * Applications that fail: a whole error page before the head, an answer that is visibly broken off after it.
 * @module
 */
import type { Application, HeaderList } from "../../bridge/index.ts";
import type { ConformanceCase } from "./conformance-case.ts";
import { octets, pattern } from "./answering.ts";

const text: HeaderList = [["Content-Type", "text/plain"]];
const secret = "a secret of the application";
const errorPage = { status: 500, bodyLacks: secret } as const;
const cut = { status: 200, ends: "cut" } as const;

/** Far more than any web server holds back, so that the head has left when the failure comes. */
function failingAfter(length: number, headers: HeaderList): Application {
  return (_environ, startResponse) => {
    startResponse("200 OK", headers.slice());
    return (async function* () {
      yield pattern(length);
      throw new Error(`conformance: ${secret}`);
    })();
  };
}

export const failureCases: readonly ConformanceCase[] = [
  {
    name: "fails-called",
    holds: "answers 500 for an application that throws",
    application: () => {
      throw new Error(`conformance: ${secret}`);
    },
    answer: errorPage,
  },
  {
    name: "fails-started",
    holds:
      "answers 500 for an application that throws after it has called startResponse, before its first chunk",
    application: (_environ, startResponse) => {
      startResponse("200 OK", [["X-Lost", "yes"], ...text]);
      throw new Error(`conformance: ${secret}`);
    },
    answer: { ...errorPage, headers: { "x-lost": null } },
  },
  {
    name: "fails-silent",
    holds: "answers 500 for an application that never calls startResponse",
    application: () => [octets(secret)],
    answer: errorPage,
  },
  {
    name: "fails-header",
    holds: "answers 500 for a header that would begin a second one",
    application: (_environ, startResponse) => {
      startResponse("200 OK", [["X-Split", `a\r\nX-Injected: ${secret}`], ...text]);
      return [];
    },
    answer: { ...errorPage, headers: { "x-injected": null } },
  },
  {
    name: "breaks-off",
    holds: "lets the client see that an answer of unknown length has broken off",
    application: failingAfter(300_000, text),
    answer: cut,
  },
  {
    name: "breaks-off-small",
    holds: "lets the client see that a small answer has broken off",
    application: failingAfter(10, text),
    answer: cut,
  },
  {
    name: "breaks-off-declared",
    holds: "lets the client see that an answer shorter than its Content-Length has broken off",
    application: (_environ, startResponse) => {
      startResponse("200 OK", [...text, ["Content-Length", "300000"]]);
      return [pattern(200_000)];
    },
    answer: cut,
  },
];
