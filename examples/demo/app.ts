/**
 * The application that `npm run demo` serves: shows what an application is told of a request, takes an upload
 * without holding it in memory, and streams an answer. It works at the root and under any path.
 *
 * Begin reading here; each of the three things it does has a file of its own.
 * @module
 */
import type { Application, Environ, StartResponse } from "tsgi";
import { renderPage } from "./page.ts";
import { streamTicks } from "./ticks.ts";
import { receiveUpload } from "./upload.ts";
import { homePath } from "./paths.ts";

interface Route {
  readonly methods: readonly string[];
  readonly handle: Application;
}

const routes: Readonly<Record<string, Route>> = {
  "/": { methods: ["GET", "HEAD"], handle: renderPage },
  "/upload": { methods: ["POST"], handle: receiveUpload },
  "/ticks": { methods: ["GET"], handle: streamTicks },
};

export const application: Application = (environ, startResponse) => {
  if (environ.PATH_INFO === "") {
    if (environ.SCRIPT_NAME.endsWith("/")) return plain(startResponse, "404 Not Found", unsplitPath);
    // Asked for as /app, without the closing slash.
    startResponse("308 Permanent Redirect", [["Location", homePath(environ)]]);
    return [];
  }
  const route = Object.hasOwn(routes, environ.PATH_INFO) ? routes[environ.PATH_INFO] : undefined;
  if (route === undefined) return plain(startResponse, "404 Not Found", "There is no such page here.");
  if (!route.methods.includes(environ.REQUEST_METHOD)) return refuse(environ, startResponse, route);
  return route.handle(environ, startResponse);
};

const unsplitPath =
  "The web server gave the whole path as SCRIPT_NAME and none as PATH_INFO. " +
  'Start tsgi with --script-name "" (or with the path that this application is under).';

function refuse(environ: Environ, startResponse: StartResponse, route: Route): Uint8Array[] {
  const allowed = route.methods.join(", ");
  return plain(startResponse, "405 Method Not Allowed", `${environ.PATH_INFO} takes ${allowed}.`, [
    "Allow",
    allowed,
  ]);
}

function plain(
  startResponse: StartResponse,
  status: string,
  text: string,
  ...headers: Array<[string, string]>
): Uint8Array[] {
  startResponse(status, [["Content-Type", "text/plain; charset=utf-8"], ...headers]);
  return [Buffer.from(`${text}\n`)];
}
