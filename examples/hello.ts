/**
 * The smallest application: tsgi serve examples/hello.ts --fastcgi unix:/run/tsgi/app.sock
 * @module
 */
import type { Application } from "tsgi";

export const application: Application = (environ, startResponse) => {
  startResponse("200 OK", [["Content-Type", "text/plain; charset=utf-8"]]);
  // An environ string has one character for each octet that came, so "latin1" gives those octets back.
  return [Buffer.from(`Hello from TypeScript! You asked for ${environ.PATH_INFO}\n`, "latin1")];
};
