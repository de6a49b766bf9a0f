/** docs/logs.md says what is so: its command runs, its program serves and logs, its examples are lines that are written. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { FastcgiPeer, paramsWith } from "../support/fastcgi-peer.ts";
import { accepting } from "../support/nginx.ts";
import { freePort } from "../support/ports.ts";
import { startProcess } from "../support/process.ts";
import { temporaryDirectory } from "../support/serving.ts";
import { projectRoot, readProjectFile } from "../support/source-tree.ts";

const page = readProjectFile("docs/logs.md");
const application = `export const application = (environ, startResponse) => {
  startResponse("200 OK", [["Content-Type", "text/plain"]]);
  return [Buffer.from("hello")];
};
`;

it("has a command that runs", async () => {
  const directory = temporaryDirectory();
  const [, line = ""] = /^\$ npx tsgi (.*)$/m.exec(page) ?? [];
  writeFileSync(join(directory, "app.ts"), application);
  const words = line
    .replaceAll("/run/", `${directory}/`)
    .replaceAll("/var/log/app/", `${directory}/`)
    .split(" ");
  const running = await startProcess(process.execPath, [join(projectRoot, "dist/cli/main.js"), ...words], {
    cwd: directory,
  });
  onTestFinished(async () => {
    await running.stop();
  });
  await running.printed(" ready at ");
  const peer = await FastcgiPeer.connect({ kind: "unix", path: join(directory, "app.sock") });
  peer.request(1, paramsWith({ PATH_INFO: "/a" }), "", false);
  expect((await peer.answer(1)).output).toContain("hello");
  await running.stop();
  expect(readFileSync(join(directory, "access.log"), "utf8")).toMatch(
    /^- - - \[.*\] "GET \/a HTTP\/1\.1" 200 5 "-" "-"\n$/,
  );
  expect(readFileSync(join(directory, "error.log"), "utf8")).toContain("info: app.ts ready at ");
});

it("has a program that serves, logs and opens its file anew", async () => {
  const directory = temporaryDirectory();
  const [, code = ""] = /^```ts\n\/\/ server\.ts\n([\s\S]*?)^```$/m.exec(page) ?? [];
  const port = await freePort();
  const program = code
    .replace('"tsgi"', JSON.stringify(join(projectRoot, "dist/index.js")))
    .replace("./app.ts", "./app.mjs")
    .replace("127.0.0.1:8000", `127.0.0.1:${port}`);
  writeFileSync(join(directory, "app.mjs"), application);
  writeFileSync(join(directory, "server.mjs"), program);
  const running = await startProcess(process.execPath, ["server.mjs"], { cwd: directory });
  onTestFinished(async () => {
    await running.stop();
  });
  await accepting(port, running);
  await (await fetch(`http://127.0.0.1:${port}/a?b=c`)).text();
  running.kill("SIGUSR1");
  expect(await running.stop()).toEqual({ status: 0, signal: null });
  const entry = JSON.parse(readFileSync(join(directory, "access.log"), "utf8")) as Record<string, unknown>;
  expect(entry).toMatchObject({ method: "GET", target: "/a?b=c", status: 200, octets: 5, aborted: false });
});

it("names every setting of the logs", () => {
  const settings = readProjectFile("docs/command-line.md").match(/`--[\w-]*(?:-log|slow-)[\w-]*/g) ?? [];
  expect(settings.length).toBeGreaterThan(4);
  expect(settings.filter((name) => !page.includes(name.slice(1)))).toEqual([]);
});
