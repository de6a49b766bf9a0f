/**
 * What a module exports, as an application: by its looks, or as `--interface` says.
 *
 * Frameworks are known by the methods that make them what they are, and none is imported. The adapters are loaded where
 * one is needed: a CGI request for a WSGI application does not wait for them.
 * @module
 */
import type { Application } from "../bridge/index.ts";
import { ConfigurationError } from "../errors/index.ts";

/** How an application is called: `wsgi` (environ, startResponse), `fetch` (request), `node` (req, res). */
export type ApplicationInterface = "wsgi" | "fetch" | "node";

/** What `--interface` takes. */
export const interfaceNames = ["auto", "wsgi", "fetch", "node"] as const;
export type InterfaceName = (typeof interfaceNames)[number];

type Fields = Readonly<Record<string, unknown>>;
type NodeListener = Parameters<(typeof import("../adapters/index.ts"))["fromNode"]>[0];
type FetchHandler = Parameters<(typeof import("../adapters/index.ts"))["fromFetch"]>[0];

/** A framework's object: how it is known, and how it becomes what http.createServer takes. */
interface Framework {
  readonly name: string;
  is(value: Fields): boolean;
  listener(value: Fields): unknown;
}

const frameworks: readonly Framework[] = [
  {
    name: "Express",
    is: (value) => typeof value === "function" && hasMethods(value, "handle", "use"),
    listener: (value) => value,
  },
  {
    name: "Koa",
    is: (value) => hasMethods(value, "callback", "use") && Array.isArray(value["middleware"]),
    listener: (value) => call(value, "callback"),
  },
  {
    name: "Fastify",
    is: (value) => hasMethods(value, "ready", "routing"),
    listener: async (value) => {
      await call(value, "ready");
      return value["routing"];
    },
  },
  {
    name: "NestJS",
    is: (value) => hasMethods(value, "getHttpAdapter", "init"),
    listener: async (value) => {
      await call(value, "init");
      const instance = call(call(value, "getHttpAdapter") as Fields, "getInstance");
      return frameworkOf(instance)?.listener(instance as Fields) ?? instance;
    },
  },
  {
    name: "Polka",
    is: (value) => hasMethods(value, "handler", "use", "listen"),
    listener: (value) => (request: unknown, response: unknown) => call(value, "handler", request, response),
  },
  {
    name: "hapi",
    is: (value) => hasMethods(value, "initialize", "inject", "route"),
    listener: async (value) => {
      await call(value, "initialize");
      return value["listener"];
    },
  },
  {
    name: "http.Server",
    is: (value) => hasMethods(value, "emit", "listen", "listenerCount"),
    listener: (value) => value,
  },
];

/** What it looks like; undefined for what no interface knows. An object with `fetch` is a fetch handler whatever else it is. */
export function recogniseInterface(value: unknown): ApplicationInterface | undefined {
  if (isFields(value) && hasMethods(value, "fetch")) return "fetch";
  if (frameworkOf(value) !== undefined) return "node";
  return typeof value === "function" ? "wsgi" : undefined;
}

/**
 * Makes an application of what a module exports; a promise is awaited.
 * @param what - names the export in messages
 * @throws ConfigurationError ERR_CONFIG_APPLICATION with what was found and the three ways
 */
export async function toApplication(
  exported: unknown,
  as: InterfaceName,
  what: string,
): Promise<Application> {
  // Not any thenable: Fastify's instances are some, and give up their own `then` only once.
  const value: unknown = exported instanceof Promise ? await exported : exported;
  const found = as === "auto" ? recogniseInterface(value) : as;
  if (found === "wsgi" && typeof value === "function") return value as Application;
  if (found === "fetch" && (typeof value === "function" || (isFields(value) && hasMethods(value, "fetch")))) {
    const { fromFetch } = await import("../adapters/index.ts");
    return fromFetch(value as FetchHandler);
  }
  const framework = found === "node" ? frameworkOf(value) : undefined;
  if (framework !== undefined || (found === "node" && typeof value === "function")) {
    const listener = framework === undefined ? value : await framework.listener(value as Fields);
    const { fromNode } = await import("../adapters/index.ts");
    return fromNode(listener as NodeListener);
  }
  const expected =
    as === "auto"
      ? "a WSGI application (environ, startResponse), a fetch handler (an object with fetch; a function with " +
        "--interface fetch), or a Node.js one (Express, Koa, Fastify, NestJS, Polka, hapi, http.Server; a function (req, res) with " +
        "--interface node)"
      : expectedOf[as];
  throw new ConfigurationError(
    "ERR_CONFIG_APPLICATION",
    `${what} is ${describe(value)}; expected ${expected}`,
  );
}

const expectedOf: Readonly<Record<ApplicationInterface, string>> = {
  wsgi: "a function (environ, startResponse), as --interface wsgi says",
  fetch: "a function (request, env, ctx) or an object with fetch, as --interface fetch says",
  node: "a function (req, res) or an instance of Express, Koa, Fastify, NestJS, Polka, hapi or http.Server, as --interface node says",
};

function frameworkOf(value: unknown): Framework | undefined {
  return isFields(value) ? frameworks.find((framework) => framework.is(value)) : undefined;
}

function isFields(value: unknown): value is Fields {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

function hasMethods(value: Fields, ...names: readonly string[]): boolean {
  return names.every((name) => typeof value[name] === "function");
}

function call(value: Fields, name: string, ...words: unknown[]): unknown {
  return (value[name] as (...words: unknown[]) => unknown).apply(value, words);
}

function describe(value: unknown): string {
  if (typeof value !== "object" || value === null) return `of type ${value === null ? "null" : typeof value}`;
  const name = value.constructor?.name ?? "";
  const keys = Object.keys(value).slice(0, 5).join(", ");
  return `an object${name === "" || name === "Object" ? "" : ` of class ${name}`}${keys === "" ? "" : ` with ${keys}`}`;
}
