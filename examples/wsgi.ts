/**
 * An application as PEP 3333 has it, with nothing but the calling convention:
 * tsgi serve examples/wsgi.ts --fastcgi unix:/tmp/wsgi.sock
 * @module
 */
import type { Application, Environ, StartResponse } from "tsgi";

export const application: Application = async (environ, startResponse) => {
  const path = decode(environ.PATH_INFO);
  const client = environ.REMOTE_ADDR ?? "nobody";
  if (path === "" || path === "/") {
    const page = `<!doctype html><title>tsgi</title><h1>Hello from WSGI</h1><p>You are ${client}.</p>\n`;
    return answer(startResponse, "200 OK", "text/html; charset=utf-8", page);
  }
  if (path.startsWith("/hello/")) {
    const hello = {
      hello: path.slice("/hello/".length),
      client,
      secure: environ["wsgi.url_scheme"] === "https",
    };
    return answer(startResponse, "200 OK", "application/json", JSON.stringify(hello));
  }
  if (path === "/shout" && environ.REQUEST_METHOD === "POST") {
    return answer(
      startResponse,
      "200 OK",
      "text/plain; charset=utf-8",
      (await bodyText(environ)).toUpperCase(),
    );
  }
  return answer(startResponse, "404 Not Found", "text/plain; charset=utf-8", "There is no such page here.\n");
};

/** An environ string has one character for each octet that came. */
function decode(native: string): string {
  return Buffer.from(native, "latin1").toString("utf8");
}

/** For small bodies. `tsgi serve --max-body` bounds them; upload.ts shows how to take one of any size. */
async function bodyText(environ: Environ): Promise<string> {
  return Buffer.from(await environ["wsgi.input"].read()).toString("utf8");
}

function answer(startResponse: StartResponse, status: string, type: string, text: string): Uint8Array[] {
  startResponse(status, [["Content-Type", type]]);
  // One chunk in an array: its length becomes the Content-Length.
  return [Buffer.from(text)];
}
