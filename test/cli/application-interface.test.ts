/** What `tsgi serve`, `run` and `cgi` take for an application: WSGI, fetch handlers, and Node.js's by their frameworks. */
import { createServer, type ServerResponse } from "node:http";
import { join } from "node:path";
import express from "express";
import Fastify from "fastify";
import { Hono } from "hono";
import Koa from "koa";
import { describe, expect, it, onTestFinished } from "vitest";
import { recogniseInterface, toApplication } from "../../src/cli/application-interface.ts";
import { loadApplication } from "../../src/cli/load-application.ts";
import { inject } from "../../src/testing/index.ts";
import { startProcess } from "../support/process.ts";
import { runScript } from "../support/script.ts";
import { temporaryDirectory } from "../support/serving.ts";
import { projectRoot } from "../support/source-tree.ts";

const applications = join(projectRoot, "test", "cli", "applications");
const command = join(projectRoot, "dist", "cli", "tsgi.cjs");

/** NestJS's application, as far as it is looked at. */
class Nest {
  readonly calls: string[] = [];

  init(): Promise<this> {
    this.calls.push("init");
    return Promise.resolve(this);
  }

  getHttpAdapter(): { getInstance(): unknown } {
    return {
      getInstance: () => express().use((_request, response) => void response.send(this.calls.join())),
    };
  }
}

/** Polka's, as far as it is looked at: its handler needs its `this`. */
class Polka {
  readonly #text = "polka";

  use(): this {
    return this;
  }

  listen(): this {
    return this;
  }

  handler(_request: unknown, response: ServerResponse): void {
    response.end(this.#text);
  }
}

/** hapi's, which refuses its listener's requests until it has been initialized. */
class Hapi {
  #isReady = false;
  readonly listener = createServer((_request, response) =>
    response.end(this.#isReady ? "hapi" : "not ready"),
  );

  initialize(): Promise<void> {
    this.#isReady = true;
    return Promise.resolve();
  }

  inject(): void {}

  route(): void {}
}

/** By name, since a test's title looks at its values, and Fastify's getters do not take that. */
const values: Readonly<Record<string, () => unknown>> = {
  "a function": () => () => [],
  "an object with fetch": () => ({ fetch: () => new Response() }),
  Hono: () => new Hono(),
  Express: () => express(),
  "a router of Express": () => express.Router(),
  Koa: () => new Koa(),
  Fastify: () => Fastify(),
  NestJS: () => new Nest(),
  Polka: () => new Polka(),
  hapi: () => new Hapi(),
  "http.Server": () => createServer(),
  "a plain object": () => ({ port: 8000 }),
  nothing: () => undefined,
  null: () => null,
  "a number": () => 7,
};

describe("recogniseInterface", () => {
  it.each<[string, string | undefined]>([
    ["a function", "wsgi"],
    ["an object with fetch", "fetch"],
    ["Hono", "fetch"],
    ["Express", "node"],
    ["a router of Express", "node"],
    ["Koa", "node"],
    ["Fastify", "node"],
    ["NestJS", "node"],
    ["Polka", "node"],
    ["hapi", "node"],
    ["http.Server", "node"],
    ["a plain object", undefined],
    ["nothing", undefined],
    ["null", undefined],
    ["a number", undefined],
  ])("%s: %s", (name, expected) => {
    expect(recogniseInterface(values[name]?.())).toBe(expected);
  });
});

describe("toApplication", () => {
  it("starts NestJS before it takes its listener", async () => {
    const application = await toApplication(new Nest(), "auto", "it");
    expect((await inject(application)).text()).toBe("init");
  });

  it("calls Polka's handler as its own, and initializes hapi before it takes its listener", async () => {
    expect((await inject(await toApplication(new Polka(), "auto", "it"))).text()).toBe("polka");
    expect((await inject(await toApplication(new Hapi(), "auto", "it"))).text()).toBe("hapi");
  });

  it.each<[unknown, "auto" | "wsgi" | "fetch" | "node", string]>([
    [{ port: 1, host: "x" }, "auto", "it is an object with port, host; expected a WSGI application"],
    [new Map(), "auto", "it is an object of class Map; expected"],
    [null, "auto", "it is of type null; expected"],
    [new Koa(), "wsgi", "as --interface wsgi says"],
    [{}, "fetch", "as --interface fetch says"],
    [{ fetch: () => {} }, "node", "as --interface node says"],
  ])("refuses %s as %s: ERR_CONFIG_APPLICATION", async (value, as, message) => {
    const made = toApplication(value, as, "it");
    await expect(made).rejects.toMatchObject({ code: "ERR_CONFIG_APPLICATION" });
    await expect(made).rejects.toThrow(message);
  });
});

const frameworks: Array<[specifier: string, as: string, body: string]> = [
  ["hono.ts", "auto", "hono 7"],
  ["express.ts", "auto", "express 7"],
  ["koa.ts", "auto", "koa 7"],
  ["fastify.ts", "auto", "fastify 7"],
  ["http-server.mjs", "auto", "http-server 7"],
  ["functions.mjs:fetchFunction", "fetch", "fetch 7"],
  ["functions.mjs:listener", "node", "listener 7"],
  ["hono.ts", "fetch", "hono 7"],
  ["koa.ts", "node", "koa 7"],
  ["plain.mjs", "wsgi", "plain"],
];

describe("--interface", () => {
  it.each(frameworks)("tsgi serve %s --interface %s", async (specifier, as, body) => {
    const path = join(temporaryDirectory(), "s");
    const words = [command, "serve", specifier, "--fastcgi", `unix:${path}`, "--interface", as];
    const server = await startProcess(process.execPath, words, { cwd: applications });
    onTestFinished(async () => {
      await server.stop();
    });
    await server.printed(" ready at ");
    const asked = [command, "request", `fastcgi:unix:${path}`, "/where/7"];
    const request = await startProcess(process.execPath, asked);
    await request.ended;
    expect(request.output).toBe(body);
    expect(await server.stop()).toEqual({ status: 0, signal: null });
  });

  it.each(frameworks)("tsgi cgi %s --interface %s, and what it kept", async (specifier, as, body) => {
    const variables = {
      TMPDIR: temporaryDirectory(),
      SCRIPT_NAME: "",
      PATH_INFO: "/where/7",
      REQUEST_URI: "/where/7",
    };
    const words = [command, "cgi", "--interface", as, join(applications, specifier)];
    for (const attempt of ["first", "second"]) {
      const answer = await runScript(words, { variables });
      expect(answer, attempt).toMatchObject({ body, errors: "", status: 0 });
    }
  });

  it.each([
    ["functions.mjs:unknown", "auto", "its export `unknown` is an object with port, host; expected a WSGI"],
    ["functions.mjs:failing", "auto", "it failed to start: Error: no database"],
    ["functions.mjs:unknown", "wsgi", "as --interface wsgi says"],
  ] as const)("refuses %s as %s: ERR_CONFIG_APPLICATION", async (specifier, as, message) => {
    const loaded = loadApplication(specifier, applications, undefined, as);
    await expect(loaded).rejects.toMatchObject({ code: "ERR_CONFIG_APPLICATION" });
    await expect(loaded).rejects.toThrow(message);
  });

  it("refuses what it does not know", async () => {
    const child = await startProcess(process.execPath, [command, "serve", "x.ts", "--interface", "rack"]);
    expect(await child.ended).toMatchObject({ status: 2 });
    expect(child.output).toBe('tsgi: --interface is "rack": expected auto, wsgi, fetch, node\n');
  });
});
