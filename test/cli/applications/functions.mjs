/** Functions look alike: only `--interface` tells them apart. */
export const fetchFunction = (request) =>
  new Response(`fetch ${new URL(request.url).pathname.split("/").at(-1)}`);
export const listener = (request, response) =>
  void response.end(`listener ${request.url?.split("/").at(-1)}`);
export const unknown = { port: 8000, host: "localhost" };
export const failing = { ready: () => Promise.reject(new Error("no database")), routing: () => {} };
