/**
 * Adapters: what other calling conventions have as applications, and applications as what others have.
 * @module
 */
export {
  fromFetch,
  type FetchEnv,
  type FetchFunction,
  type FetchHandler,
  type FromFetchOptions,
} from "./from-fetch.ts";
export type { FetchContext } from "./fetch-context.ts";
export { toFetch, type RemoteAddress, type ToFetchOptions } from "./to-fetch.ts";
export { fromNode, toNode, type NodeListener, type NodeRequest, type ToNodeOptions } from "./node/index.ts";
