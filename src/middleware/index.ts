/**
 * The middleware that ships: one job a file, each an application to the gateway and a gateway to the application.
 * @module
 */
export { accessLog, type AccessLogNotes, type AccessLogOptions } from "./access-log.ts";
export { basicAuth, type BasicAuthOptions, type VerifyPassword } from "./basic-auth.ts";
export { errorPage, type ErrorPageOptions } from "./error-page.ts";
export type { Failure, FailurePage } from "./failure.ts";
export { methodOverride, type MethodOverrideOptions } from "./method-override.ts";
export { proxyFix, type ForwardingHeader, type ProxyFixOptions, type ProxyFixOriginal } from "./proxy-fix.ts";
export { wrapBody, wrapResponse, type ResponseHooks } from "./wrap-response.ts";
export { memorySessionStore, type MemorySessionStoreOptions } from "./memory-session-store.ts";
export { session, type SessionOptions } from "./session.ts";
export type { SessionCookieOptions } from "./session-cookie.ts";
export { sessionOf, type Session, type SessionData } from "./session-state.ts";
export type { SessionStore } from "./session-store.ts";
