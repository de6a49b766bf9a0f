import { fromNode } from "tsgi";
import { handler } from "./build/handler.js";

export const application = fromNode(handler);
