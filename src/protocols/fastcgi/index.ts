/**
 * The FastCGI 1.0 codec: both sides of a connection, without I/O.
 * @module
 */
export { FastcgiApplicationSide, type FastcgiApplicationSideOptions } from "./application-side.ts";
export { FastcgiWebServerSide, type FastcgiWebServerSideOptions } from "./web-server-side.ts";
export { fastcgiLimits, type FastcgiLimits } from "./limits.ts";
export { decodePairs, encodePairs } from "./pairs.ts";
export { readPairs } from "../native-string.ts";
export { ReadStep, RecordReader } from "./record-reader.ts";
export {
  fcgiVersion,
  keepConnectionFlag,
  maxContentOctets,
  nullRequestId,
  ProtocolStatus,
  type ProtocolStatusCode,
  recordHeaderOctets,
  recordTypeNames,
  RecordType,
  Role,
  ValueName,
} from "./constants.ts";
