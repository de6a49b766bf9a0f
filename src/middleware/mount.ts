/**
 * `mount`: several applications under paths of their own, each seeing its own SCRIPT_NAME and PATH_INFO.
 *
 * Paths are compared as they are in environ, decoded, octet for octet and by whole segments (security U2): "/api" is
 * the path "/api" and what lies below it, not "/apix" and not "/API". REQUEST_URI stays as it was sent.
 * @module
 */
import {
  copyEnviron,
  describeValue,
  parseScriptName,
  pathBehind,
  type Application,
  type Environ,
} from "../bridge/index.ts";
import { ConfigurationError } from "../errors/index.ts";
import { refuse } from "./refusal.ts";

/** Applications by path: "/api", or "" (the same as "/") for all that no other path takes. */
export type MountMap = Readonly<Record<string, Application>> | Iterable<readonly [path: string, Application]>;

/**
 * An application that hands each request to that with the longest path it is under. SCRIPT_NAME and PATH_INFO are
 * split there in a copy of environ: the caller's own is not changed.
 * @param fallback - what answers when no path fits; default a 404 in plain text
 * @throws ConfigurationError ERR_CONFIG_OPTION: a path without its first slash, or with code points past U+00FF, or
 * named twice; something that is no application
 */
export function mount(map: MountMap, fallback: Application = notFound): Application {
  const places = placesOf(map);
  checkApplication("the fallback", fallback);
  return (environ, startResponse) => {
    for (const { path, application } of places) {
      const behind = pathBehind(environ.PATH_INFO, path);
      if (behind !== undefined) return application(movedDown(environ, path, behind), startResponse);
    }
    return fallback(environ, startResponse);
  };
}

interface Place {
  readonly path: string;
  readonly application: Application;
}

/** The longest path first. */
function placesOf(map: MountMap): readonly Place[] {
  const pairs = isIterable(map) ? [...map] : Object.entries(map);
  const places = pairs.map(([path, application]) => {
    checkApplication(`the application at ${JSON.stringify(path)}`, application);
    return { path: parseScriptName(path), application };
  });
  const names = new Set<string>();
  for (const { path } of places) {
    if (names.has(path)) {
      throw new ConfigurationError(
        "ERR_CONFIG_OPTION",
        `mount was given ${JSON.stringify(path)} twice; expected each path once ("/app/" is "/app", "/" is "")`,
      );
    }
    names.add(path);
  }
  return places.toSorted((one, other) => other.path.length - one.path.length);
}

function isIterable(map: MountMap): map is Iterable<readonly [string, Application]> {
  return typeof (map as Partial<Iterable<unknown>>)[Symbol.iterator] === "function";
}

function checkApplication(what: string, application: unknown): void {
  if (typeof application === "function") return;
  throw new ConfigurationError(
    "ERR_CONFIG_OPTION",
    `mount: ${what} is ${describeValue(application)}; expected a function (environ, startResponse)`,
  );
}

function movedDown(environ: Environ, path: string, behind: string): Environ {
  // Nothing to keep apart.
  if (path === "") return environ;
  return copyEnviron(environ, { SCRIPT_NAME: environ.SCRIPT_NAME + path, PATH_INFO: behind });
}

const notFound: Application = (_environ, startResponse) => refuse(startResponse, "404 Not Found");
