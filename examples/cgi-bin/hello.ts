#!/usr/bin/env -S tsgi run
/** The same in TypeScript. There is no build step: what it is compiled to is kept for the next request. */
import type { Application } from "tsgi";

export const application: Application = async (environ, startResponse) => {
  const body = await environ["wsgi.input"].read();
  startResponse("200 OK", [["Content-Type", "text/plain; charset=utf-8"]]);
  return [
    Buffer.from(
      `hello over ${environ["tsgi.protocol"]}: ${environ.REQUEST_METHOD} ${environ.SCRIPT_NAME}|${environ.PATH_INFO}` +
        `?${environ.QUERY_STRING}, ${body.length} octets\n`,
    ),
  ];
};
