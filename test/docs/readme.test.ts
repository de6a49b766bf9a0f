/**
 * README's words are commands that work: its files and commands are taken from it and run as a newcomer would, in an
 * empty directory with the packed package installed, behind a real nginx. Only ports and paths are put in.
 *
 * `npm run demo` is run by test/interop/demo.test.ts; `npm test` is what runs this.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { askGateway } from "../support/gateway-request.ts";
import { accepting, requireNginx } from "../support/nginx.ts";
import { freePorts } from "../support/ports.ts";
import { startProcess, type RunningProcess } from "../support/process.ts";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { filesBelow, projectRoot, readProjectFile } from "../support/source-tree.ts";

const readme = readProjectFile("README.md");

/** The fenced blocks of a language, in order. */
function blocks(language: string): string[] {
  return [...readme.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "gm"))].map(
    (match) => match[1] ?? "",
  );
}

/** The command lines of README that begin so. */
function commandLine(start: string): string {
  const line = blocks("console")
    .flatMap((block) => block.split("\n"))
    .find((each) => each.startsWith(`$ ${start}`));
  if (line === undefined) throw new Error(`README has no command ${start}`);
  return line.slice(2);
}

function codeOf(file: string): string {
  const found = [...blocks("ts"), ...blocks("js")].find((block) => block.startsWith(`// ${file}\n`));
  if (found === undefined) throw new Error(`README has no file ${file}`);
  return found;
}

let directory = "";

async function run(line: string): Promise<RunningProcess> {
  const child = await startProcess("bash", ["-c", `exec ${line}`], {
    cwd: directory,
    env: { npm_config_loglevel: "error" },
  });
  onTestFinished(async () => {
    await child.stop();
  });
  return child;
}

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "tsgi-readme-"));
  const packed = execFileSync(
    "npm",
    ["pack", "--ignore-scripts", "--silent", "--pack-destination", directory],
    {
      cwd: projectRoot,
      encoding: "utf8",
    },
  );
  writeFileSync(join(directory, "package.json"), "{}\n");
  execFileSync("npm", ["install", "--silent", "--no-audit", "--no-fund", join(directory, packed.trim())], {
    cwd: directory,
  });
  writeFileSync(join(directory, "app.ts"), codeOf("app.ts"));
  return () => rmSync(directory, { recursive: true, force: true });
}, 120_000);

describe("README", () => {
  it("names scripts that exist", () => {
    const { scripts } = JSON.parse(readProjectFile("package.json")) as { scripts: Record<string, string> };
    const named = [...readme.matchAll(/npm (?:run )?(demo|test|bench)\b/g)].map((match) => match[1] ?? "");
    expect(new Set(named)).toEqual(new Set(["demo", "test", "bench"]));
    for (const name of named) expect(scripts[name]).toBeDefined();
  });

  const examplePages = ["nginx", "apache", "lighttpd", "caddy", "haproxy", "h2o", "systemd"].map(
    (server) => `${server}-examples/README.md`,
  );

  it("links to files that exist, as every page of docs/ does", () => {
    const pages = ["README.md", ...examplePages, ...filesBelow("docs", ".md")];
    for (const page of pages) {
      for (const [, target = ""] of readProjectFile(page).matchAll(/\]\((?!https?:)([^)#\s]+)/g)) {
        const path = join(projectRoot, page, "..", target);
        expect(existsSync(path), `${page} links to ${target}`).toBe(true);
      }
    }
  });

  it("serves its application, asks it, and puts nginx in front of it", async () => {
    const [port = 0, httpPort = 0] = await freePorts(2);
    const here = (text: string): string => text.replaceAll("127.0.0.1:9000", `127.0.0.1:${port}`);
    // What npx runs, run directly: a TERM for npx alone, as no terminal sends it, does not reach what it has started.
    const serve = here(commandLine("npx tsgi serve app.ts")).replace("npx ", "node_modules/.bin/");
    const server = await run(serve);
    await server.printed(" ready at ");
    const request = await run(here(commandLine("npx tsgi request")));
    await request.ended;
    expect(request.output).toBe("hello from /world\n");
    expect(readme).toContain(`/world\n${request.output}`);

    const [location = ""] = blocks("nginx");
    mkdirSync(join(directory, "temp"));
    const places = ["client_body", "proxy", "fastcgi", "scgi", "uwsgi"].map(
      (name) => `${name}_temp_path temp/${name};`,
    );
    const configuration = `daemon off; pid nginx.pid; error_log stderr;
      events {}
      http { access_log off; ${places.join(" ")}
        server { listen 127.0.0.1:${httpPort}; ${here(location).replace("fastcgi_params", "/etc/nginx/fastcgi_params")} } }`;
    writeFileSync(join(directory, "nginx.conf"), configuration);
    const nginx = await run(`${requireNginx()} -p ${directory} -c nginx.conf`);
    await accepting(httpPort, nginx);
    const url = `http://127.0.0.1:${httpPort}/some/path?q=1`;
    expect(await (await fetch(url)).text()).toBe("hello from /some/path\n");
    expect(await (await fetch(url, { method: "POST", body: "12345" })).text()).toBe("got 5 octets\n");
  }, 60_000);

  it.each([
    ["hono.ts", "hello from Hono"],
    ["express.ts", "hello from Express, 192.0.2.1"],
    ["koa.ts", "hello from Koa, 192.0.2.1"],
    ["fastify.ts", "hello from Fastify, 192.0.2.1"],
    ["wsgi.ts", "hello from WSGI, 192.0.2.1"],
    ["site.ts", "hello from Hono"],
  ])(
    "serves %s, whatever it is written for",
    async (file, text) => {
      for (const framework of ["hono", "express", "koa", "fastify"]) {
        const there = join(directory, "node_modules", framework);
        if (!existsSync(there)) symlinkSync(join(projectRoot, "node_modules", framework), there);
      }
      mkdirSync(join(directory, "public"), { recursive: true });
      for (const each of new Set([file, "hono.ts"])) writeFileSync(join(directory, each), codeOf(each));
      const [port = 0] = await freePorts(1);
      const [, words] = /`npx (tsgi serve FILE --fastcgi [\d.:]+)`/.exec(readme) ?? [];
      const line = String(words).replace("FILE", file).replace("127.0.0.1:9000", `127.0.0.1:${port}`);
      const server = await run(`node_modules/.bin/${line}`);
      await server.printed(" ready at ");
      const answer = await askGateway({ kind: "tcp", host: "127.0.0.1", port });
      expect(answer).toEqual({ status: 200, text: `${text}\n` });
    },
    60_000,
  );

  it("packs every entry, which loads under plain Node.js and has its types", () => {
    const { exports } = JSON.parse(readProjectFile("package.json")) as {
      exports: Record<string, string | { types: string; default: string }>;
    };
    const installed = join(directory, "node_modules/tsgi");
    const entries = Object.entries(exports).filter(([, paths]) => typeof paths !== "string");
    expect(entries.map(([name]) => name)).toEqual([
      ".",
      "./fastcgi",
      "./scgi",
      "./cgi",
      "./middleware",
      "./testing",
    ]);
    const imports: string[] = [];
    for (const [name, paths] of entries) {
      for (const path of Object.values(paths)) expect(existsSync(join(installed, path)), path).toBe(true);
      imports.push(join("tsgi", name));
    }
    const script = `for (const name of ${JSON.stringify(imports)}) {
      const names = Object.keys(await import(name));
      if (names.length === 0) throw new Error(name + " exports nothing");
      console.log(name, names.join(" "));
    }`;
    const printed = execFileSync(process.execPath, ["--input-type=module", "--eval", script], {
      cwd: directory,
      encoding: "utf8",
    });
    expect(printed.split("\n").map((line) => line.split(" ")[0])).toEqual([...imports, ""]);
    for (const name of ["serve", "run", "compose", "fromFetch", "toFetch", "fromNode", "toNode"])
      expect(printed.split("\n")[0]).toContain(` ${name}`);
  });

  it("packs what package.json names, and nothing of the tests", () => {
    const { files } = JSON.parse(readProjectFile("package.json")) as { files: string[] };
    const installed = join(directory, "node_modules/tsgi");
    for (const file of [...files, "README.md"]) expect(existsSync(join(installed, file)), file).toBe(true);
    for (const folder of ["test", "bench", "scripts"])
      expect(existsSync(join(installed, folder)), folder).toBe(false);
  });

  it("has a program of its own that serves and stops", async () => {
    const [port = 0] = await freePorts(1);
    const socket = join(directory, "hello.sock");
    const code = codeOf("server.mjs")
      .replace("127.0.0.1:9001", `127.0.0.1:${port}`)
      .replace("/tmp/hello.sock", socket);
    writeFileSync(join(directory, "server.mjs"), code);
    const server = await run("node server.mjs");
    await accepting(port, server);
    for (const address of [`127.0.0.1:${port}`, `unix:${socket}`]) {
      const request = await run(`npx tsgi request fastcgi:${address} /`);
      await request.ended;
      expect(request.output).toBe("hello\n");
    }
    expect(await server.stop()).toEqual({ status: 0, signal: null });
  }, 60_000);

  it.each([
    ["nodenext", "nodenext"],
    ["esnext", "bundler"],
  ])(
    "type-checks its application against the packed package, module %s",
    (module, moduleResolution) => {
      // As in a new project: no types are named, and none are there but those that come with the package.
      const options = { noEmit: true, strict: true, skipLibCheck: false, target: "es2023", module };
      writeFileSync(
        join(directory, "tsconfig.json"),
        JSON.stringify({ compilerOptions: { ...options, moduleResolution }, files: ["app.ts"] }),
      );
      const tsc = join(projectRoot, "node_modules/typescript/bin/tsc");
      expect(readFileSync(join(directory, "app.ts"), "utf8")).toContain("Application");
      const { status, stdout } = spawnSync(process.execPath, [tsc, "-p", "."], {
        cwd: directory,
        encoding: "utf8",
      });
      expect({ status, stdout }).toEqual({ status: 0, stdout: "" });
    },
    60_000,
  );
});
