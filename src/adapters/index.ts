/**
 * Adapters: what else an application can be, and where else an application can run.
 * @module
 */
export { fromNode, toNode, type NodeListener, type NodeRequest, type ToNodeOptions } from "./node/index.ts";
