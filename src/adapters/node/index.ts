/**
 * The adapters to and from Node's http: listeners `(req, res)`.
 * @module
 */
export { fromNode } from "./from-node.ts";
export type { NodeListener } from "./listener-server.ts";
export type { NodeRequest } from "./messages.ts";
export { toNode, type ToNodeOptions } from "./to-node.ts";
