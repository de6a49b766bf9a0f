import { createServer } from "node:http";

// Behind a promise, as modules have it that make their application with `await`.
export default Promise.resolve(
  createServer((request, response) => response.end(`http-server ${request.url?.split("/").at(-1)}`)),
);
