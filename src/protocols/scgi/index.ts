/**
 * The SCGI codec: both sides of a connection, without I/O.
 * @module
 */
export { ScgiApplicationSide, type ScgiApplicationSideOptions } from "./application-side.ts";
export { ScgiWebServerSide, type ScgiWebServerSideOptions } from "./web-server-side.ts";
export { scgiLimits, type ScgiLimits } from "./limits.ts";
export { decodeHeaders, encodeHeaders, type DecodedHeaders } from "./headers.ts";
export { NetstringReader } from "./netstring-reader.ts";
export { readPairs } from "../native-string.ts";
