/** The URL that a Node listener is given, with the variables that it was made of. */
import { createServer } from "node:http";
import type { NodeRequest } from "../../../src/index.ts";

export default createServer((request, response) => {
  const { SCRIPT_NAME, PATH_INFO, REQUEST_URI } = (request as NodeRequest).environ;
  response.setHeader("Content-Type", "application/json");
  response.end(JSON.stringify({ seen: request.url, SCRIPT_NAME, PATH_INFO, REQUEST_URI }));
});
