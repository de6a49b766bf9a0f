/**
 * Log files: whole lines, written aside, in bounded memory, opened anew after they have been moved away.
 * @module
 */
export { openAccessLog, type AccessLog, type AccessLogFileOptions } from "./access-log.ts";
export { openErrorLog, type ErrorLog, type ErrorLogFormat, type ErrorLogOptions } from "./error-log.ts";
export { atLevel, isLogged, type LogLevel } from "./log-level.ts";
export type { LogOwner, StandardDescriptors } from "./log-target.ts";
