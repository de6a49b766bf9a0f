import { createRequestHandler } from "react-router";
import { fromFetch } from "tsgi";
import { staticFiles } from "tsgi/middleware";
import * as build from "./build/server/index.js";

const handle = createRequestHandler(build, "production");
// Its second parameter is the context of loaders and actions.
const pages = fromFetch((request, { environ }) => handle(request, { environ }));

export const application = staticFiles({ root: "build/client", index: false })(pages);
