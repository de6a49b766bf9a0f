import { fromNode } from "tsgi";
import { listener } from "./.output/server/index.mjs";

export const application = fromNode(listener);
