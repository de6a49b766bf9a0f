import { fromFetch } from "tsgi";
import { staticFiles } from "tsgi/middleware";
import server from "./dist/server/server.js";

const pages = fromFetch((request) => server.fetch(request));

export const application = staticFiles({ root: "dist/client", index: false })(pages);
