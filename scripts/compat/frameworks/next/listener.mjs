import next from "next";

const app = next({ dev: false });
await app.prepare();
const handle = app.getRequestHandler();
// Not the handler itself: its third parameter is another than SvelteKit's and Astro's.
export const listener = (request, response) => handle(request, response);
