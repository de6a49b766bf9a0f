/**
 * Adapters: what else an application can be, and where else an application can run.
 * @module
 */
export { fromNode, type NodeListener, type NodeRequest } from "./node/index.ts";
