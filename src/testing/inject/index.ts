/**
 * `inject`: an application asked through real octets in memory.
 * @module
 */
export type { GatewayOptions, InjectProtocol } from "./carrier.ts";
export { carry, inject, injectProtocols, injectStream, type InjectOptions } from "./inject.ts";
export type { InjectedAnswer, InjectedHead, InjectRecord, StreamedAnswer } from "./inject-answer.ts";
export type { InjectRequest, PreparedRequest } from "./inject-request.ts";
export { connectionPair, MemorySocket, type MemoryAddresses } from "./memory-socket.ts";
