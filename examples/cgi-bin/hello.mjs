#!/usr/bin/env node
/**
 * One file, whoever starts it: a cgi-bin script, a FastCGI application that its web server starts, a socket-activated
 * service, or, from a shell, a development server at http://127.0.0.1:8000/.
 */
import { run } from "tsgi";

const application = async (environ, startResponse) => {
  const body = await environ["wsgi.input"].read();
  startResponse("200 OK", [["Content-Type", "text/plain; charset=utf-8"]]);
  return [
    Buffer.from(
      `hello over ${environ["tsgi.protocol"]}: ${environ.REQUEST_METHOD} ${environ.SCRIPT_NAME}|${environ.PATH_INFO}` +
        `?${environ.QUERY_STRING}, ${body.length} octets\n`,
    ),
  ];
};

await run(application);
