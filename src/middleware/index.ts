/**
 * Applications that wrap applications: PEP 3333 "Middleware", M1-M15. One job a file.
 * @module
 */
export { compress, type CompressOptions, type ContentCoding } from "./compress.ts";
export { conditionalGet, type ConditionalGetOptions } from "./conditional-get.ts";
export { staticFiles, type StaticFilesOptions } from "./static-files.ts";
