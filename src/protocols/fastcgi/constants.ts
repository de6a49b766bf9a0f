/**
 * The numbers of the FastCGI 1.0 specification (section 8, "Types and Constants").
 * @module
 */
import type { GatewayRole } from "../gateway-core.ts";

/** The only protocol version there is. */
export const fcgiVersion = 1;
/** Octets of a record header (section 3.3). */
export const recordHeaderOctets = 8;
/** The most content a record can carry: its length is 16 bits. */
export const maxContentOctets = 65_535;
/** The request id of management records. */
export const nullRequestId = 0;

/** Record types (section 8). */
export const RecordType = {
  beginRequest: 1,
  abortRequest: 2,
  endRequest: 3,
  params: 4,
  stdin: 5,
  stdout: 6,
  stderr: 7,
  data: 8,
  getValues: 9,
  getValuesResult: 10,
  unknownType: 11,
} as const;

/** Roles in BEGIN_REQUEST (section 5.1). */
export const Role = { responder: 1, authorizer: 2, filter: 3 } as const;
/** The roles by their number. */
export const roleNames: readonly (GatewayRole | undefined)[] = [
  undefined,
  "responder",
  "authorizer",
  "filter",
];

/** The flag of BEGIN_REQUEST that leaves the connection open after the answer (section 5.1). */
export const keepConnectionFlag = 1;

/** `protocolStatus` of END_REQUEST (section 5.5). */
export const ProtocolStatus = {
  requestComplete: 0,
  cantMultiplex: 1,
  overloaded: 2,
  unknownRole: 3,
} as const;
export type ProtocolStatusCode = (typeof ProtocolStatus)[keyof typeof ProtocolStatus];

/** The names of the record types for messages, by number; undefined for a number that the specification lacks. */
export const recordTypeNames: readonly (string | undefined)[] = [
  undefined,
  "BEGIN_REQUEST",
  "ABORT_REQUEST",
  "END_REQUEST",
  "PARAMS",
  "STDIN",
  "STDOUT",
  "STDERR",
  "DATA",
  "GET_VALUES",
  "GET_VALUES_RESULT",
  "UNKNOWN_TYPE",
];

/** The names that GET_VALUES can ask for (section 4.1). */
export const ValueName = {
  maxConnections: "FCGI_MAX_CONNS",
  maxRequests: "FCGI_MAX_REQS",
  multiplexes: "FCGI_MPXS_CONNS",
} as const;
