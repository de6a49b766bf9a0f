/** `accessLog` and Apache's mod_log_config write the same line for the same request and format. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Application } from "../../src/bridge/index.ts";
import { accessLog } from "../../src/middleware/index.ts";
import { ExampleStage } from "../support/example-stage.ts";
import { RawConnection } from "../support/http-client.ts";
import { describeWithServers } from "../support/nginx.ts";

// Two, since Apache silently drops a -c directive of more than about 255 characters.
const formats = [
  '%h %l %u %m "%r" %>s %b %B %H "%U" "%q" "%{Referer}i" "%{User-Agent}i"',
  '%s "%{Content-Type}o" "%{X-Two}o" "%{b}C" "%{X-None}i" "%404{User-Agent}i" "%!200{User-Agent}i" 100%%',
];

const requests: ReadonlyArray<readonly string[]> = [
  ["GET / HTTP/1.1"],
  [
    "GET /a%20b/%C3%A9?x=1&y=%22 HTTP/1.1",
    "User-Agent: Mozilla/5.0 (X11)",
    "Referer: https://example.org/?q",
  ],
  ["HEAD /head HTTP/1.1"],
  ["POST /post HTTP/1.0", "Content-Length: 0"],
  ["GET /missing HTTP/1.1", 'User-Agent: a "quoted" \\ one'],
  ["GET /empty HTTP/1.1", "User-Agent:"],
  ["GET /octets HTTP/1.1", "User-Agent: caf\u00e9 \u0080\u009b"],
  ["GET /cookies HTTP/1.1", "Cookie: a=1; b=2; c=3"],
  ["PROPFIND /dav HTTP/1.1"],
];

const application: Application = (environ, startResponse) => {
  const path = environ.PATH_INFO;
  const headers: Array<[string, string]> = [
    ["X-Two", "one"],
    ["X-Two", "two"],
  ];
  if (path === "/empty") {
    startResponse("204 No Content", headers);
    return [];
  }
  startResponse(path === "/missing" ? "404 Not Found" : "200 OK", [
    ["Content-Type", "text/plain"],
    ...headers,
  ]);
  return [Buffer.from("hello "), Buffer.from(path, "latin1")];
};

describeWithServers("accessLog beside Apache's own", () => {
  const stage = new ExampleStage();
  const ours: string[][] = formats.map(() => []);
  let theirs: string[][] = [];
  beforeAll(async () => {
    const logged = formats.reduce<Application>(
      (inner, format, n) => accessLog({ format, write: (line) => ours[n]?.push(line.trimEnd()) })(inner),
      application,
    );
    await stage.host(logged, "unix:/run/tsgi/app.sock", { scriptName: "" });
    const files = formats.map((_format, n) => join(stage.directory, `access-${n}.log`));
    const words = formats.flatMap((format, n) => [
      "-C",
      `CustomLog "${files[n]}" "${format.replaceAll('"', String.raw`\"`)}"`,
    ]);
    const apache = await stage.start("apache", "proxy-pass-unix.conf", words);
    for (const lines of requests) {
      const connection = await RawConnection.open(stage.port);
      await connection.write(
        Buffer.from([...lines, "Host: localhost", "Connection: close", "", ""].join("\r\n"), "latin1"),
      );
      await connection.readToEnd();
    }
    // Only a server that has ended has written all of its lines for certain.
    await apache.stop();
    theirs = files.map((file) => readFileSync(file, "latin1").trimEnd().split("\n"));
  });
  afterAll(() => stage[Symbol.asyncDispose]());

  it.each(requests.map((lines, index) => [lines[0], index] as const))("%s", (_line, index) => {
    // From the end: the connections that found out whether Apache listens may have lines of their own.
    const at = index - requests.length;
    expect(ours.map((lines) => lines.at(at))).toEqual(theirs.map((lines) => lines.at(at)));
    expect(ours[0]?.at(at)).toMatch(/^127\.0\.0\.1 /);
  });
});
