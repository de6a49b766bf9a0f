import next from "next";
import { fromNode } from "tsgi";

const app = next({ dev: false });
await app.prepare();

export const application = fromNode(app.getRequestHandler());
