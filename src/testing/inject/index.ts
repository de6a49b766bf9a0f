/**
 * `inject`: an application asked through real octets in memory.
 * @module
 */
export type { GatewayOptions, InjectProtocol } from "./carrier.ts";
export { inject, injectProtocols, injectStream, type InjectOptions } from "./inject.ts";
export type { InjectedAnswer, InjectedHead, InjectRecord, StreamedAnswer } from "./inject-answer.ts";
export type { InjectRequest } from "./inject-request.ts";
export { connectionPair, MemorySocket, type MemoryAddresses } from "./memory-socket.ts";
