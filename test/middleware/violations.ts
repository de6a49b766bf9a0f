/** For each rule of the validator an application, or a server, that breaks it and nothing else. */
import { setupTestingDefaults } from "../../src/bridge/index.ts";
import type { ValidationRuleName } from "../../src/middleware/index.ts";
import { octets, raise, type LooseApplication } from "../bridge/hosted.ts";

/** Calls an application as a server does, or should. */
// oxlint-disable-next-line typescript/no-explicit-any
export type LooseServer = (application: LooseApplication, environ: any, startResponse: any) => unknown;

export interface Violation {
  readonly rule: ValidationRuleName;
  readonly how: string;
  readonly application?: LooseApplication;
  readonly server?: LooseServer;
  /** Put over a sound environ; undefined takes a key away. */
  readonly environ?: Readonly<Record<string, unknown>>;
}

const text = ["Content-Type", "text/plain"];

export const soundApplication: LooseApplication = (_environ, startResponse) => {
  startResponse("200 OK", [text]);
  return [octets("sound")];
};

export const soundServer: LooseServer = async (application, environ, startResponse) => {
  const body = (await application(environ, startResponse)) as AsyncIterable<unknown> & { close?(): unknown };
  try {
    for await (const chunk of body) void chunk;
  } finally {
    await body.close?.();
  }
};

export const soundEnviron = (): object => setupTestingDefaults({ SCRIPT_NAME: "/app", PATH_INFO: "/x" });

export const soundWrite = (): Promise<void> => Promise.resolve();

type Given = readonly unknown[];

const starting =
  (...given: Given): LooseApplication =>
  (_environ, startResponse) => {
    startResponse(...given);
    return [octets("x")];
  };

const header = (...pair: Given): LooseApplication => starting("200 OK", [text, pair]);
const status = (line: unknown): LooseApplication => starting(line, [text]);

const returning =
  (body: unknown, ...headers: Given[]): LooseApplication =>
  (_environ, startResponse) => {
    startResponse("200 OK", [text, ...headers]);
    return body;
  };

const writing =
  (...given: Given): LooseApplication =>
  (_environ, startResponse) => {
    startResponse("200 OK", [text])(...given);
    return [];
  };

const withInput =
  (method: string, ...given: Given): LooseApplication =>
  async (environ, startResponse) => {
    await environ["wsgi.input"][method](...given);
    return soundApplication(environ, startResponse);
  };

const withErrors =
  (method: string, ...given: Given): LooseApplication =>
  (environ, startResponse) => {
    environ["wsgi.errors"][method](...given);
    return soundApplication(environ, startResponse);
  };

async function* later(...chunks: unknown[]): AsyncGenerator {
  yield* chunks;
}

async function* nothing(): AsyncGenerator {}

/** A wsgi.input that is sound but for what is put over it. */
const inputWith = (wrong: object): { readonly "wsgi.input": object } => ({
  "wsgi.input": {
    read: async () => octets(""),
    readline: async () => octets(""),
    readlines: async () => [],
    chunks: nothing,
    [Symbol.asyncIterator]: nothing,
    ...wrong,
  },
});

const errorsWith = (more: object): { readonly "wsgi.errors": object } => ({
  "wsgi.errors": { write: () => {}, writelines: () => {}, flush: () => {}, ...more },
});

const wrapping =
  (...given: Given): LooseApplication =>
  (environ, startResponse) => {
    startResponse("200 OK", [text]);
    return environ["wsgi.file_wrapper"](...given);
  };

/** A thrown value that the server throws again, since it has sent the head; the application goes on all the same. */
const trapping =
  (goOn: (write: (chunk: Uint8Array) => unknown) => unknown): LooseApplication =>
  (_environ, startResponse) => {
    const write = startResponse("200 OK", [text]);
    try {
      startResponse("500 Failed", [text], new Error("failed"));
    } catch {
      // This is the violation.
    }
    return goOn(write);
  };

const refusing: LooseServer = (application, environ, startResponse) =>
  soundServer(application, environ, (line: string, headers: unknown, excInfo?: unknown) => {
    if (excInfo !== undefined) raise(excInfo);
    return startResponse(line, headers);
  });

interface ClosableBody extends AsyncIterable<unknown> {
  close(): unknown;
}

/** A server that does with the body what it likes. */
const handling =
  (use: (body: ClosableBody) => unknown): LooseServer =>
  async (application, environ, startResponse) => {
    await use((await application(environ, startResponse)) as ClosableBody);
  };

const afterClose = (
  use: (input: { [method: string]: (...given: Given) => unknown }) => unknown,
): Partial<Violation> => ({
  server: async (application, environ, startResponse) => {
    await soundServer(application, environ, startResponse);
    await use(environ["wsgi.input"]);
  },
});

function* lines(...chunks: unknown[]): Generator {
  yield* chunks;
}

export const violations: readonly Violation[] = [
  // The call.
  {
    rule: "V1",
    how: "three arguments",
    server: (application, environ, startResponse) =>
      (application as (...given: Given) => unknown)(environ, startResponse, {}),
  },
  { rule: "V1", how: "no startResponse", server: (application, environ) => application(environ, undefined) },
  { rule: "V3", how: "a status alone", application: starting("200 OK") },
  { rule: "V3", how: "four arguments", application: starting("200 OK", [text], undefined, 4) },
  { rule: "V5", how: "nothing returned", application: returning(undefined) },
  { rule: "V5", how: "null", application: returning(null) },
  { rule: "V5", how: "false", application: returning(false) },
  { rule: "V5", how: "a promise of nothing", application: returning(Promise.resolve()) },
  { rule: "V6", how: "a string", application: returning("text") },
  { rule: "V6", how: "octets", application: returning(octets("text")) },
  { rule: "A4", how: "a number", application: returning(1) },
  { rule: "A4", how: "an object", application: returning({ body: [] }) },

  // environ.
  {
    rule: "V7",
    how: "an object of a class",
    server: (application, environ, startResponse) => {
      return application(Object.assign(new URLSearchParams(), environ), startResponse);
    },
  },
  { rule: "V7", how: "an array", server: (application, _, startResponse) => application([], startResponse) },
  {
    rule: "V7",
    how: "no environ",
    server: (application, _, startResponse) => application(null, startResponse),
  },
  {
    rule: "S5",
    how: "a frozen environ",
    server: (application, environ, startResponse) =>
      application(Object.freeze({ ...environ }), startResponse),
  },
  ...[
    "REQUEST_METHOD",
    "SERVER_NAME",
    "SERVER_PORT",
    "wsgi.version",
    "wsgi.input",
    "wsgi.errors",
    "wsgi.multithread",
    "wsgi.multiprocess",
    "wsgi.run_once",
  ].map((key): Violation => ({ rule: "V8", how: `no ${key}`, environ: { [key]: undefined } })),
  { rule: "V9", how: "HTTP_CONTENT_TYPE alone", environ: { HTTP_CONTENT_TYPE: "text/plain" } },
  {
    rule: "V9",
    how: "HTTP_CONTENT_LENGTH of another length",
    environ: { CONTENT_LENGTH: "1", HTTP_CONTENT_LENGTH: "2" },
  },
  { rule: "V10", how: "no QUERY_STRING", environ: { QUERY_STRING: undefined } },
  { rule: "V11", how: "a number for a variable", environ: { REMOTE_PORT: 80 } },
  { rule: "V11", how: "null for a variable", environ: { REMOTE_USER: null } },
  { rule: "S81", how: "text that was decoded", environ: { PATH_INFO: "/\u{20ac}" } },
  { rule: "V12", how: "a version in text", environ: { "wsgi.version": "1.0" } },
  { rule: "S32", how: "another version", environ: { "wsgi.version": [2, 0] } },
  { rule: "V13", how: "another scheme", environ: { "wsgi.url_scheme": "ftp" } },
  { rule: "V13", how: "no scheme", environ: { "wsgi.url_scheme": undefined } },
  ...["read", "readline", "readlines", "chunks", Symbol.asyncIterator].map((method): Violation => ({
    rule: "V14",
    how: `an input without ${String(method)}`,
    environ: inputWith({ [method]: undefined }),
  })),
  ...["write", "writelines", "flush"].map((method): Violation => ({
    rule: "V15",
    how: `errors without ${method}`,
    environ: errorsWith({ [method]: undefined }),
  })),
  { rule: "V16", how: "an unusual method", environ: { REQUEST_METHOD: "PROPFIND" } },
  { rule: "S17", how: "no method", environ: { REQUEST_METHOD: "" } },
  { rule: "V17", how: "a SCRIPT_NAME without slash", environ: { SCRIPT_NAME: "app" } },
  { rule: "V18", how: "a PATH_INFO without slash", environ: { PATH_INFO: "x" } },
  { rule: "V19", how: "a negative length", environ: { CONTENT_LENGTH: "-1" } },
  { rule: "V19", how: "a length that is no number", environ: { CONTENT_LENGTH: "1_0" } },
  { rule: "V20", how: "no path at all", environ: { SCRIPT_NAME: "", PATH_INFO: undefined } },
  { rule: "V21", how: "a SCRIPT_NAME of one slash", environ: { SCRIPT_NAME: "/" } },
  { rule: "S23", how: "an empty SERVER_NAME", environ: { SERVER_NAME: "" } },
  { rule: "S23", how: "an empty SERVER_PORT", environ: { SERVER_PORT: "" } },
  { rule: "S24", how: "no SERVER_PROTOCOL", environ: { SERVER_PROTOCOL: undefined } },
  { rule: "S38", how: "0 for false", environ: { "wsgi.multithread": 0 } },
  { rule: "S39", how: "1 for true", environ: { "wsgi.multiprocess": 1 } },
  { rule: "S40", how: "text for true", environ: { "wsgi.run_once": "yes" } },
  { rule: "S100", how: "a file_wrapper that is no function", environ: { "wsgi.file_wrapper": {} } },

  // Status and headers.
  { rule: "V22", how: "a number", application: status(200) },
  { rule: "V23", how: "a code of two digits", application: status("20 OK") },
  { rule: "V23", how: "a code of four digits", application: status("2000 OK") },
  { rule: "V24", how: "a code of letters", application: status("abc OK") },
  { rule: "V24", how: "a code below 100", application: status("099 OK") },
  { rule: "V25", how: "a code alone", application: status("200") },
  { rule: "A16", how: "a line end", application: status("200 OK\r\n") },
  { rule: "A16", how: "a space too many", application: status("200  OK") },
  { rule: "A16", how: "a space at the end", application: status("200 OK ") },
  { rule: "A16", how: "DEL", application: status("200 O\x7fK") },
  { rule: "A30", how: "text past U+00FF in a status", application: status("200 \u{20ac}") },
  { rule: "V26", how: "a Map", application: starting("200 OK", new Map([["Content-Type", "text/plain"]])) },
  { rule: "V26", how: "an object", application: starting("200 OK", { "Content-Type": "text/plain" }) },
  { rule: "V27", how: "a header in one string", application: starting("200 OK", [text, "X: y"]) },
  { rule: "V28", how: "a header of three", application: header("X", "y", "z") },
  { rule: "V29", how: "a name that is no string", application: header(1, "y") },
  { rule: "V30", how: "a value that is no string", application: header("Age", 5) },
  { rule: "V31", how: "a header Status", application: header("status", "200 OK") },
  { rule: "V32", how: "a colon in a name", application: header("X:", "y") },
  { rule: "V32", how: "a line feed in a name", application: header("X\nY", "y") },
  { rule: "V33", how: "a name with a space", application: header("X Y", "y") },
  { rule: "V33", how: "an empty name", application: header("", "y") },
  { rule: "V33", how: "a name with a digit first", application: header("1X", "y") },
  { rule: "V34", how: "a hyphen at the end of a name", application: header("X-", "y") },
  { rule: "V34", how: "an underscore at the end of a name", application: header("X_", "y") },
  { rule: "V35", how: "a line end in a value", application: header("X", "y\r\nZ: a") },
  { rule: "V35", how: "a tab in a value", application: header("X", "a\tb") },
  { rule: "A19", how: "DEL in a value", application: header("X", "a\x7f") },
  { rule: "A30", how: "text past U+00FF in a value", application: header("X", "\u{20ac}") },
  { rule: "A20", how: "Connection", application: header("Connection", "close") },
  { rule: "A20", how: "Transfer-Encoding", application: header("transfer-encoding", "chunked") },
  { rule: "A20", how: "Trailer", application: header("Trailer", "X") },
  { rule: "X1", how: "a Content-Length in words", application: header("Content-Length", "one") },
  { rule: "X1", how: "an empty Content-Length", application: header("Content-Length", "") },
  {
    rule: "X1",
    how: "Content-Length twice",
    application: starting("200 OK", [text, ["Content-Length", "1"], ["content-length", "1"]]),
  },
  {
    rule: "V36",
    how: "a 204 with a type",
    application: (_environ, startResponse) => {
      startResponse("204 No Content", [text]);
      return [];
    },
  },
  { rule: "V37", how: "a 200 without a type", application: starting("200 OK", []) },
  { rule: "V37", how: "a 404 without a type", application: starting("404 Not Found", [["X", "y"]]) },
  { rule: "V38", how: "a list", application: starting("500 Failed", [text], [Error, new Error("x"), null]) },
  { rule: "V38", how: "true", application: starting("500 Failed", [text], true) },
  { rule: "A22", how: "a string", application: starting("500 Failed", [text], "failed") },
  {
    rule: "A24",
    how: "started twice",
    application: (_environ, startResponse) => {
      startResponse("200 OK", [text]);
      startResponse("404 Not Found", [text]);
      return [];
    },
  },
  {
    rule: "A24",
    how: "started again with null",
    application: (_environ, startResponse) => {
      startResponse("200 OK", [text]);
      startResponse("404 Not Found", [text], null);
      return [];
    },
  },
  { rule: "A23", how: "a body in spite of it", server: refusing, application: trapping(() => [octets("x")]) },
  {
    rule: "A23",
    how: "an empty body in spite of it",
    server: refusing,
    application: trapping(() => lines()),
  },
  {
    rule: "A23",
    how: "a write in spite of it",
    server: refusing,
    application: trapping((write) => write(octets("x"))),
  },
  {
    rule: "S8",
    how: "no write()",
    server: (application, environ) => application(environ, () => undefined),
  },

  // The streams.
  { rule: "V39", how: "two sizes", application: withInput("read", 1, 2) },
  { rule: "V39", how: "a size in text", application: withInput("read", "1") },
  { rule: "V39", how: "NaN", application: withInput("read", NaN) },
  {
    rule: "V40",
    how: "a string",
    application: withInput("read"),
    environ: inputWith({ read: async () => "x" }),
  },
  {
    rule: "V40",
    how: "no promise",
    application: withInput("read"),
    environ: inputWith({ read: () => octets("x") }),
  },
  {
    rule: "S42",
    how: "more than read() asked for",
    application: withInput("read", 1),
    environ: inputWith({ read: async () => octets("xx") }),
  },
  {
    rule: "S42",
    how: "more than readline() asked for",
    application: withInput("readline", 1),
    environ: inputWith({ readline: async () => octets("xx") }),
  },
  { rule: "V41", how: "two sizes", application: withInput("readline", 1, 2) },
  {
    rule: "V42",
    how: "a line in text",
    application: withInput("readline"),
    environ: inputWith({ readline: async () => "x" }),
  },
  {
    rule: "V42",
    how: "a line in text, iterated",
    application: async (environ, startResponse) => {
      for await (const line of environ["wsgi.input"]) void line;
      return soundApplication(environ, startResponse);
    },
    environ: inputWith({ [Symbol.asyncIterator]: () => later("x") }),
  },
  {
    rule: "V42",
    how: "a chunk in text",
    application: async (environ, startResponse) => {
      for await (const chunk of environ["wsgi.input"].chunks()) void chunk;
      return soundApplication(environ, startResponse);
    },
    environ: inputWith({ chunks: () => later("x") }),
  },
  { rule: "V43", how: "two hints", application: withInput("readlines", 1, 2) },
  {
    rule: "V44",
    how: "an iterator of lines",
    application: withInput("readlines"),
    environ: inputWith({ readlines: async () => lines(octets("x")) }),
  },
  {
    rule: "V45",
    how: "lines in text",
    application: withInput("readlines"),
    environ: inputWith({ readlines: async () => ["x"] }),
  },
  { rule: "V46", how: "close()", application: withInput("close") },
  {
    rule: "V47",
    how: "a method of the server's own input",
    application: withInput("pipe"),
    environ: inputWith({ pipe: () => {} }),
  },
  {
    rule: "V47",
    how: "a method of the server's own errors",
    application: withErrors("end"),
    environ: errorsWith({ end: () => {} }),
  },
  { rule: "X2", how: "a late read()", ...afterClose((input) => input["read"]?.(1)) },
  { rule: "X2", how: "a late readline()", ...afterClose((input) => input["readline"]?.()) },
  {
    rule: "X2",
    how: "late chunks",
    ...afterClose((input) => (input["chunks"]!() as AsyncGenerator).next()),
  },
  { rule: "V48", how: "octets", application: withErrors("write", octets("x")) },
  { rule: "V48", how: "nothing", application: withErrors("write") },
  { rule: "V48", how: "two strings", application: withErrors("write", "a", "b") },
  { rule: "V49", how: "one string", application: withErrors("writelines", "a\n") },
  { rule: "V49", how: "no list", application: withErrors("writelines", 1) },
  { rule: "V49", how: "octets in a list", application: withErrors("writelines", ["a", octets("b")]) },
  { rule: "V50", how: "close()", application: withErrors("close") },
  { rule: "A39", how: "a path for a file", application: wrapping("/etc/passwd") },
  { rule: "A39", how: "a block size in text", application: wrapping({ read: () => octets("") }, "1") },
  { rule: "A39", how: "three arguments", application: wrapping({ read: () => octets("") }, 1, 2) },

  // The body.
  { rule: "V51", how: "a string", application: writing("x") },
  { rule: "V51", how: "nothing", application: writing() },
  { rule: "V51", how: "two chunks", application: writing(octets("x"), octets("y")) },
  {
    rule: "A28",
    how: "write() from within the iterable",
    application: (_environ, startResponse) => {
      const write = startResponse("200 OK", [text]);
      return (async function* () {
        yield octets("a");
        await write(octets("b"));
      })();
    },
  },
  {
    rule: "S78",
    how: "a write() without promise",
    application: writing(octets("x")),
    server: (application, environ) => soundServer(application, environ, () => () => undefined),
  },
  {
    rule: "V52",
    how: "read after close(), asynchronously",
    application: returning(later(octets("a"))),
    server: handling(async (body) => {
      const iterator = body[Symbol.asyncIterator]();
      await body.close();
      await iterator.next();
    }),
  },
  {
    rule: "V52",
    how: "read after close(), synchronously",
    application: returning(lines(octets("a"))),
    server: handling((body) => {
      const iterator = (body as unknown as Iterable<unknown>)[Symbol.iterator]();
      body.close();
      iterator.next();
    }),
  },
  {
    rule: "V52",
    how: "an array iterated after close()",
    application: returning([octets("a")]),
    server: handling((body) => {
      body.close();
      return [...(body as unknown as Iterable<unknown>)];
    }),
  },
  { rule: "V53", how: "a string in an array", application: returning(["x"]) },
  { rule: "V53", how: "a string yielded", application: returning(lines("x")) },
  { rule: "V53", how: "a number yielded later", application: returning(later(octets("a"), 1)) },
  { rule: "V53", how: "a promise in an array", application: returning([Promise.resolve(octets("x"))]) },
  { rule: "V54", how: "an array without a start", application: () => [octets("x")] },
  { rule: "V54", how: "a chunk without a start", application: () => lines(octets("x")) },
  { rule: "V54", how: "a chunk without a start, later", application: () => later(octets("x")) },
  { rule: "V54", how: "an end without a start", application: () => lines() },
  {
    rule: "S9",
    how: "two chunks asked for at once",
    application: returning(later(octets("a"), octets("b"))),
    server: handling(async (body) => {
      const iterator = body[Symbol.asyncIterator]();
      await Promise.all([iterator.next(), iterator.next()]);
    }),
  },
  {
    rule: "S9",
    how: "iterated twice",
    application: returning(lines(octets("a"))),
    server: handling((body) => {
      const both = body as unknown as Iterable<unknown>;
      return [...both, ...both];
    }),
  },
  { rule: "S69", how: "an array", application: returning([octets("abc")], ["Content-Length", "2"]) },
  {
    rule: "S69",
    how: "chunks",
    application: returning(later(octets("ab"), octets("c")), ["Content-Length", "2"]),
  },
  {
    rule: "S69",
    how: "write()",
    application: (_environ, startResponse) => {
      startResponse("200 OK", [text, ["Content-Length", "2"]])(octets("abc"));
      return [];
    },
  },
  { rule: "S71", how: "an array", application: returning([octets("a")], ["Content-Length", "2"]) },
  { rule: "S71", how: "nothing", application: returning([], ["Content-Length", "2"]) },
  { rule: "S71", how: "chunks", application: returning(lines(octets("a")), ["Content-Length", "2"]) },
  {
    rule: "X3",
    how: "a 304 with a body",
    application: (_environ, startResponse) => {
      startResponse("304 Not Modified", []);
      return [octets("x")];
    },
  },
  {
    rule: "S13",
    how: "close() twice",
    server: handling((body) => {
      body.close();
      body.close();
    }),
  },
];
