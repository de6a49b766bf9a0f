/** runCgi() in processes of its own: what a script is given, what it answers, how it fails and ends. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import {
  runScript,
  scriptVariables,
  writeScript,
  type ScriptAnswer,
  type ScriptRequest,
} from "../support/script.ts";

/** Runs an application, given as the source of a function. */
function ask(application: string, request: ScriptRequest = {}, options = "{}"): Promise<ScriptAnswer> {
  return runScript([writeScript(`await runCgi(${application}, ${options});`)], request);
}

const text = (expression: string): string => `async (environ, startResponse) => {
  const body = await (async () => ${expression})();
  startResponse("200 OK", [["Content-Type", "text/plain"]]);
  return [Buffer.from(String(body), "latin1")];
}`;

describe("runCgi() gives the application", () => {
  it("the variables, and the run-once flags", async () => {
    const keys = [
      "SCRIPT_NAME",
      "PATH_INFO",
      "wsgi.multithread",
      "wsgi.multiprocess",
      "wsgi.run_once",
      "tsgi.protocol",
    ];
    const answer = await ask(text(`JSON.stringify(${JSON.stringify(keys)}.map((key) => environ[key]))`));
    expect(answer.errors).toBe("");
    expect(JSON.parse(answer.body)).toEqual(["/cgi-bin/app.cgi", "/p", false, true, true, "cgi"]);
    expect(answer.head).toBe("Content-Type: text/plain\r\nContent-Length: 47\r\nStatus: 200 OK\r\n");
    expect(answer.status).toBe(0);
  });

  it("values octet by octet: UTF-8", async () => {
    const answer = await ask(text("environ.PATH_INFO"), { variables: { PATH_INFO: "/caf\u00e9/\u20ac" } });
    expect(answer.body).toBe("/caf\u00c3\u00a9/\u00e2\u0082\u00ac");
  });

  it.runIf(process.platform === "linux")("values octet by octet: what is no UTF-8", async () => {
    const script = writeScript(`await runCgi(${text("environ.PATH_INFO + environ.HTTP_X")});`);
    const child = spawn(
      "/bin/bash",
      [
        "-c",
        `PATH_INFO=$'/caf\\xe9' HTTP_X=$'\\xff\\xfe=\\xef\\xbf\\xbd' exec '${process.execPath}' '${script}'`,
      ],
      { env: { ...process.env, ...scriptVariables } },
    );
    child.stdin.end();
    let output = "";
    child.stdout.setEncoding("latin1").on("data", (octets: string) => (output += octets));
    await once(child, "close");
    expect(output.slice(output.indexOf("\r\n\r\n") + 4)).toBe("/caf\u00e9\u00ff\u00fe=\u00ef\u00bf\u00bd");
  });

  it("H1 neither HTTP_PROXY in the environ nor in process.env", async () => {
    const answer = await ask(text("[environ.HTTP_PROXY, process.env.HTTP_PROXY].join()"), {
      variables: { HTTP_PROXY: "http://evil.example" },
    });
    expect(answer.body).toBe(",");
  });

  const read = text('environ["wsgi.input"].read()');

  it("the body up to CONTENT_LENGTH, on a standard input that does not end", async () => {
    const answer = await ask(read, {
      variables: { REQUEST_METHOD: "POST", CONTENT_LENGTH: "5" },
      body: "hello and more",
      endsInput: false,
    });
    expect(answer.body).toBe("hello");
    expect(answer.status).toBe(0);
  });

  it("a chunked body up to the end of standard input, as mod_cgid passes it", async () => {
    const answer = await ask(read, {
      variables: { REQUEST_METHOD: "POST", HTTP_TRANSFER_ENCODING: "chunked" },
      body: "x".repeat(100_000),
    });
    expect(answer.body.length).toBe(100_000);
  });

  it.each(["GET", "HEAD"])(
    "no body for a %s without CONTENT_LENGTH, also where standard input stays open",
    async (method) => {
      const answer = await ask(
        `async (environ, startResponse) => {
        const { length } = await environ["wsgi.input"].read();
        startResponse("200 OK", [["X-Length", String(length)]]);
        return [];
      }`,
        { variables: { REQUEST_METHOD: method }, endsInput: false, body: "stray" },
      );
      expect(answer.head).toContain("X-Length: 0\r\n");
    },
  );

  it("ERR_BODY_TRUNCATED for one that ends early", async () => {
    const answer = await ask(text('environ["wsgi.input"].read().catch((error) => error.code)'), {
      variables: { REQUEST_METHOD: "POST", CONTENT_LENGTH: "50" },
      body: "short",
    });
    expect(answer.body).toBe("ERR_BODY_TRUNCATED");
  });
});

describe("runCgi() answers", () => {
  it("nph- scripts with a whole HTTP head", async () => {
    const script = writeScript(`await runCgi(${text('"x"')});`, "nph-app.mjs");
    const answer = await runScript([script], { variables: { SCRIPT_NAME: "/cgi-bin/nph-app.mjs" } });
    expect(answer.head).toMatch(
      /^HTTP\/1\.1 200 OK\r\nContent-Type: text\/plain\r\nContent-Length: 1\r\nDate: \w{3}, .* GMT\r\nConnection: close\r\n$/,
    );
  });

  it("an upload while it comes, to a web server that reads nothing before it has sent all of it", async () => {
    const echo = `async (environ, startResponse) => {
      startResponse("200 OK", []);
      return environ["wsgi.input"].chunks();
    }`;
    const size = 5_000_000;
    const child = spawn(process.execPath, [writeScript(`await runCgi(${echo});`)], {
      env: { ...process.env, ...scriptVariables, REQUEST_METHOD: "POST", CONTENT_LENGTH: String(size) },
      stdio: ["pipe", "pipe", "inherit"],
    });
    const ended = once(child, "close");
    // Nobody reads standard output until the last octet has been taken.
    await new Promise((resolve) => child.stdin.end(Buffer.alloc(size, "x"), () => resolve(undefined)));
    let octets = 0;
    child.stdout.on("data", (chunk: Buffer) => (octets += chunk.length));
    expect(await ended).toEqual([0, null]);
    expect(octets).toBeGreaterThan(size);
  });

  it("whole where it may read nothing ahead: a bound on what is held is not one on the upload", async () => {
    const echo = `async (environ, startResponse) => {
      startResponse("200 OK", []);
      return environ["wsgi.input"].chunks();
    }`;
    const body = "x".repeat(3_000_000);
    const variables = { REQUEST_METHOD: "POST", CONTENT_LENGTH: String(body.length) };
    const answer = await ask(echo, { body, variables }, "{ maxReadAheadOctets: 1 }");
    expect(answer.body.length).toBe(body.length);
    expect(answer.status).toBe(0);
  });

  it("a large body whole, in pieces of any size", async () => {
    const answer = await ask(`async function (environ, startResponse) {
      startResponse("200 OK", []);
      return (async function* () {
        yield Buffer.alloc(10, "a");
        yield Buffer.alloc(3_000_000, "b");
        for (let i = 0; i < 200; i++) yield Buffer.alloc(5_000, "c");
      })();
    }`);
    expect(answer.body).toBe("a".repeat(10) + "b".repeat(3_000_000) + "c".repeat(1_000_000));
    expect(answer.status).toBe(0);
  });

  it("chunks whose buffer the application uses again", async () => {
    const answer = await ask(`(environ, startResponse) => {
      const write = startResponse("200 OK", []);
      const buffer = Buffer.alloc(4, "a");
      void write(buffer);
      buffer.fill("b");
      void write(buffer);
      buffer.fill("c");
      return [buffer];
    }`);
    expect(answer.body).toBe("aaaabbbbcccc");
  });

  it("and returns, where the script goes on: exit false", async () => {
    const script = writeScript(`await runCgi(${text('"x"')}, { exit: false });
      process.stderr.write("after");`);
    expect(await runScript([script])).toMatchObject({ body: "x", errors: "after", status: 0 });
  });

  it("W7 HEAD without the body", async () => {
    const answer = await ask(text('"x"'), { variables: { REQUEST_METHOD: "HEAD" } });
    expect(answer.body).toBe("");
    expect(answer.head).toContain("Status: 200 OK");
  });

  it("W12 early, and takes the rest of the upload", async () => {
    const answer = await ask(text('"no"'), {
      variables: { REQUEST_METHOD: "POST", CONTENT_LENGTH: "3000000" },
      body: "x".repeat(3_000_000),
    });
    expect(answer).toMatchObject({ body: "no", status: 0 });
  });

  it("early, and ends although the upload never does", async () => {
    const answer = await ask(text('"no"'), {
      variables: { REQUEST_METHOD: "POST", CONTENT_LENGTH: "3000000" },
      endsInput: false,
    });
    expect(answer.body).toBe("no");
  });

  it("without what the application prints in the middle of it", async () => {
    const answer = await ask(text('(console.log("printed"), "x")'));
    expect(answer.body).toBe("x");
    expect(answer.errors).toBe("printed\n");
  });

  it("and ends, whatever timers the application has left", async () => {
    const answer = await ask(text('(setInterval(() => {}, 1000), "x")'));
    expect(answer).toMatchObject({ body: "x", status: 0 });
  });

  it("400 to a CONTENT_LENGTH that is no number", async () => {
    const answer = await ask(text('"x"'), { variables: { REQUEST_METHOD: "POST", CONTENT_LENGTH: "+1" } });
    expect(answer.head).toContain("Status: 400 Bad Request\r\n");
    expect(answer.errors).toContain("ERR_REQUEST_CONTENT_LENGTH");
  });

  it("413 to a body past maxBodyOctets", async () => {
    const variables = { REQUEST_METHOD: "POST", CONTENT_LENGTH: "11" };
    const answer = await ask(text('"x"'), { variables, body: "x".repeat(11) }, "{ maxBodyOctets: 10 }");
    expect(answer.head).toContain("Status: 413 ");
  });
});

const wholePage =
  "Content-Type: text/plain; charset=utf-8\r\nContent-Length: 22\r\nStatus: 500 Internal Server Error\r\n";

describe("runCgi() answers a whole 500, with the cause on standard error, to", () => {
  it.each([
    ["an application that throws", `() => { throw new Error("boom"); }`, "boom"],
    ["one that rejects", `async () => { throw new Error("boom"); }`, "boom"],
    [
      "a body that throws before its first chunk",
      `(e, s) => { s("200 OK", []); return (function* () { throw new Error("boom"); yield; })(); }`,
      "boom",
    ],
    [
      "an exception that nobody catches",
      `() => new Promise(() => { setImmediate(() => { throw new Error("boom"); }); })`,
      "boom",
    ],
    [
      "a rejection that nobody handles",
      `() => new Promise(() => { void Promise.reject(new Error("boom")); })`,
      "boom",
    ],
    ["one that never answers", `() => new Promise(() => {})`, "never answers"],
    ["process.exit() in the middle", `() => process.exit(0)`, "process.exit()"],
    ["no start_response", `() => [Buffer.from("x")]`, "ERR_RESPONSE_NOT_STARTED"],
  ])("%s", async (_, application, cause) => {
    const answer = await ask(application);
    expect(answer.head).toBe(wholePage);
    expect(answer.body).toBe("Internal Server Error\n");
    const [line] = answer.errors.split("\n");
    expect(line).toMatch(/^error: GET \/\S*: /);
    expect(line).toContain(cause);
  });

  it.each([
    ["what is no application", `runCgi(42)`, "runCgi() got number for an application"],
    ["what has not been waited for", `runCgi(import("node:fs"))`, "runCgi() got object for an application"],
    ["a limit that is none", `runCgi(() => [], { maxBodyOctets: "1M" })`, "maxBodyOctets is 1M"],
    ["a call that goes on, which gets the error", `runCgi("no function", { exit: false })`, "got string"],
  ])("a wrong call: %s", async (_, call, cause) => {
    const answer = await runScript([writeScript(`await ${call};`)]);
    expect(answer).toMatchObject({ head: wholePage, body: "Internal Server Error\n" });
    const [line] = answer.errors.split("\n");
    expect(line).toMatch(/^error: GET \/\S*: the application failed: ConfigurationError: /);
    expect(line).toContain(cause);
    expect(answer.errors).toContain("ERR_CONFIG_OPTION");
    // Thrown on, it is Node.js's to end the process.
    expect(answer.status).toBe(call.includes("exit: false") ? 1 : 0);
  });

  it("a wrong call of run(), where a web server waits", async () => {
    const script = writeScript(`const { run } = tsgi;\nawait run("no function");`, "app.mjs", "index");
    const answer = await runScript([script]);
    expect(answer).toMatchObject({ head: wholePage, status: 0 });
    expect(answer.errors).toContain("got string for an application");
  });

  it("HEAD without the page", async () => {
    const answer = await ask(`() => process.exit(0)`, { variables: { REQUEST_METHOD: "HEAD" } });
    expect(answer.head).toBe(wholePage);
    expect(answer.body).toBe("");
  });
});

describe("runCgi() ends with status 1", () => {
  it("when the application fails after its head", async () => {
    const answer = await ask(
      `(e, s) => { s("200 OK", []); return (function* () { yield Buffer.from("begun"); throw new Error("boom"); })(); }`,
    );
    expect(answer).toMatchObject({ head: "Status: 200 OK\r\n", body: "begun", status: 1 });
    expect(answer.errors).toContain("boom");
  });

  it("when the web server reads no more, and tells the application", async () => {
    const script = writeScript(`await runCgi(async (environ, startResponse) => {
      environ["tsgi.signal"].addEventListener("abort", () => process.stderr.write("aborted\\n"));
      const write = startResponse("200 OK", []);
      for (;;) await write(Buffer.alloc(30_000, "x"));
    });`);
    const child = spawn(process.execPath, [script], { env: { ...process.env, ...scriptVariables } });
    child.stdin.end();
    let errors = "";
    child.stderr.setEncoding("utf8").on("data", (part: string) => (errors += part));
    await once(child.stdout, "data");
    child.stdout.destroy();
    const [status] = (await once(child, "close")) as [number | null];
    expect(status).toBe(1);
    expect(errors).toContain("aborted");
  });

  it("when the web server sends TERM, after the application has cleaned up", async () => {
    const script = writeScript(`await runCgi((environ, startResponse) => {
      const write = startResponse("200 OK", []);
      setInterval(() => {}, 1000);
      setTimeout(() => write(Buffer.from("begun")), 0);
      return new Promise((resolve) => environ["tsgi.signal"].addEventListener("abort", () => {
        process.stderr.write("cleaned up");
        resolve([]);
      }));
    });`);
    const child = spawn(process.execPath, [script], { env: { ...process.env, ...scriptVariables } });
    child.stdin.end();
    let errors = "";
    child.stderr.setEncoding("utf8").on("data", (part: string) => (errors += part));
    await once(child.stdout, "data");
    child.kill("SIGTERM");
    const [status] = (await once(child, "close")) as [number | null];
    expect(errors).toContain("cleaned up");
    expect(status).toBe(1);
  });
});
