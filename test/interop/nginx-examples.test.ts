/**
 * The shipped nginx-examples themselves: nginx takes each of them, as it is and as the other tests load it.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { prepareNginx } from "../../scripts/nginx-example.mjs";
import { describeWithServers, projectRoot, requireNginx } from "../support/nginx.ts";
import { freePorts } from "../support/ports.ts";

const folder = join(projectRoot, "nginx-examples");
const examples = readdirSync(folder).filter((name) => name.endsWith(".conf"));
const directory = mkdtempSync(join(tmpdir(), "tsgi-"));
afterAll(() => rmSync(directory, { recursive: true }));

/** nginx writes its verdict to standard error and fails with a status. */
function check(words: readonly string[]): void {
  execFileSync(requireNginx(), ["-t", "-q", ...words], { encoding: "utf8", stdio: "pipe" });
}

describeWithServers.each(examples)("nginx-examples/%s", (example) => {
  // Only root may write where a packaged nginx logs.
  it.runIf(process.getuid?.() === 0)("is accepted by nginx -t as it ships", () => {
    expect(() => check(["-c", join(folder, example)])).not.toThrow();
  });

  it("is accepted by nginx -t on other ports, in a directory of its own, without root", async () => {
    const [port = 0, ...upstreamPorts] = await freePorts(4);
    expect(() => check(prepareNginx({ example, directory, port, upstreamPorts }))).not.toThrow();
  });
});

describe("all nginx-examples", () => {
  const texts = examples.map((name) => ({ name, text: readFileSync(join(folder, name), "utf8") }));

  it.each(texts)("$name begins with what it is for and the command behind it", ({ text }) => {
    const [header = ""] = text.split("\n\n", 1);
    expect(header.split("\n").every((line) => line.startsWith("#"))).toBe(true);
    expect(header).toContain("tsgi serve");
  });

  it.each(texts)("W19 $name gives no REMOTE_USER that nobody has checked", ({ text }) => {
    expect(text).not.toMatch(/(?:fastcgi|scgi)_param\s+REMOTE_USER\s+\$remote_user/);
  });

  it.each(texts)(
    "$name sends the same parameters as fastcgi-unix.conf, save where the path is split",
    ({ text }) => {
      const first = texts.find(({ name }) => name === "fastcgi-unix.conf")?.text ?? "";
      expect(parameters(text)).toEqual(parameters(first));
    },
  );

  it("README.md has a row for each file", () => {
    const readme = readFileSync(join(folder, "README.md"), "utf8");
    const rows = [...readme.matchAll(/^\| \[([^\]]+\.conf)\]\(\1\)/gm)].map(([, name]) => name);
    expect(rows.sort()).toEqual([...examples].sort());
  });
});

/** The parameters at the level of http, which all locations inherit. */
function parameters(text: string): string[] {
  const lines = text.split("\n").filter((line) => /^ {4}(?:fastcgi|scgi)_param /.test(line));
  // nginx sends SCGI's CONTENT_LENGTH by itself.
  const own = /SCRIPT_NAME|PATH_INFO|REMOTE_USER|_param CONTENT_LENGTH|_param SCGI /;
  return lines
    .filter((line) => !own.test(line))
    .map((line) =>
      line
        .replace(/#.*/, "")
        .replace(/^ +\w+_param +/, "")
        .replace(/ +/g, " ")
        .trim(),
    );
}
