/**
 * Middleware, one job a file: a function from an application to an application, or one that makes an application of
 * several.
 * @module
 */
export { mount, type MountMap } from "./mount.ts";
export { type ValidationRule, type ValidationRuleName, validationRules } from "./validator-rules.ts";
export { validator, type ValidatorOptions } from "./validator.ts";
export { accessLog, type AccessLogNotes, type AccessLogOptions } from "./access-log.ts";
export { basicAuth, type BasicAuthOptions, type VerifyPassword } from "./basic-auth.ts";
export { errorPage, type ErrorPageOptions } from "./error-page.ts";
export type { Failure, FailurePage } from "./failure.ts";
export { methodOverride, type MethodOverrideOptions } from "./method-override.ts";
export { type ForwardingHeader, proxyFix, type ProxyFixOptions, type ProxyFixOriginal } from "./proxy-fix.ts";
export { type ResponseHooks, wrapBody, wrapResponse } from "./wrap-response.ts";
export { memorySessionStore, type MemorySessionStoreOptions } from "./memory-session-store.ts";
export { session, type SessionOptions } from "./session.ts";
export type { SessionCookieOptions } from "./session-cookie.ts";
export { type Session, type SessionData, sessionOf } from "./session-state.ts";
export type { SessionStore } from "./session-store.ts";
export { compress, type CompressOptions, type ContentCoding } from "./compress.ts";
export { conditionalGet, type ConditionalGetOptions } from "./conditional-get.ts";
export type { SendfileOptions } from "./sendfile-header.ts";
export { staticFiles, type StaticFilesOptions } from "./static-files.ts";
// What a formatter of access logs is given; bridge has it for the gateway's own log too.
export type { AccessLogEntry, AccessLogFormatter } from "../bridge/index.ts";
