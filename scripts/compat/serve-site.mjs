/** Serves the `listener` of a module over FastCGI through fromNode: `node serve-site.mjs MODULE ADDRESS`. */
import { pathToFileURL } from "node:url";
import { fromNode, serve } from "../../dist/index.js";

const [module, address] = process.argv.slice(2);
const { listener } = await import(pathToFileURL(module).href);
// SvelteKit and Astro take Express's third word: what to do with a path that is none of theirs.
const application = fromNode((request, response) =>
  listener(request, response, () => {
    response.statusCode = 404;
    response.end("not found");
  }),
);
const server = await serve(application, { fastcgi: address });
process.on("SIGTERM", () => void server.close({ graceMs: 1_000 }).then(() => process.exit(0)));
console.log("ready");
