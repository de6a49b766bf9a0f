/**
 * The rules that the validator holds, as data: V1 to V55 are wsgiref.validate's, rules of other names are those it
 * misses. docs/middleware.md repeats the table, and a test has a violation for each.
 * @module
 */
import type { ValidatedSide } from "../errors/index.ts";

export interface ValidationRule {
  /** Who keeps or breaks it. "server" is whatever calls the application: a gateway, or middleware around. */
  readonly side: ValidatedSide;
  /** Where it comes from: requirements of docs/specification.md, or a section of an RFC. */
  readonly from: string;
  /** A warning does not stop the request. */
  readonly level: "error" | "warning";
  readonly holds: string;
}

type Row = readonly [side: ValidatedSide, from: string, holds: string, level?: "warning"];

const rows = {
  // The call.
  V1: ["server", "S2", "the application is called with environ and startResponse, by position"],
  V3: ["application", "A3", "startResponse is called with a status, headers and perhaps excInfo"],
  V5: ["application", "A4 A27", "the application returns a body; an empty one is []"],
  V6: ["application", "A4", "the body is an array or another iterable, not text or octets without it"],
  A4: ["application", "A4", "the body can be iterated"],
  // environ.
  V7: ["server", "S4", "environ is a plain object"],
  S5: ["server", "S5", "environ can be changed"],
  V8: ["server", "S17 S23 S32-S40", "the keys that WSGI requires are there"],
  V9: [
    "server",
    "S25",
    "HTTP_CONTENT_TYPE and HTTP_CONTENT_LENGTH are absent, or repeat what CONTENT_TYPE and CONTENT_LENGTH say",
  ],
  V10: ["server", "S20", "QUERY_STRING is there", "warning"],
  V11: ["server", "S30", "variables without a dot in their names are strings"],
  S81: ["server", "S81", "variables have one character up to U+00FF for each octet"],
  V12: ["server", "S32", "wsgi.version is an array"],
  S32: ["server", "S32", "wsgi.version is [1, 0]"],
  V13: ["server", "S33", "wsgi.url_scheme is http or https"],
  V14: ["server", "S42-S45", "wsgi.input has read, readline, readlines, chunks and asynchronous iteration"],
  V15: ["server", "S46-S48", "wsgi.errors has flush, write and writelines"],
  V16: [
    "server",
    "S17",
    "REQUEST_METHOD is GET, HEAD, POST, OPTIONS, PATCH, PUT, DELETE or TRACE",
    "warning",
  ],
  S17: ["server", "S17", "REQUEST_METHOD is not empty"],
  V17: ["server", "S18", "SCRIPT_NAME is empty or begins with /"],
  V18: ["server", "S19", "PATH_INFO is empty or begins with /"],
  V19: ["server", "S22", "CONTENT_LENGTH is empty or a decimal number"],
  V20: ["server", "S18 S19", "PATH_INFO is there where SCRIPT_NAME is empty"],
  V21: ["server", "S18", 'SCRIPT_NAME is not "/": the root is "", with PATH_INFO "/"'],
  S23: ["server", "S23", "SERVER_NAME and SERVER_PORT are not empty"],
  S24: ["server", "S24", "SERVER_PROTOCOL is there"],
  S38: ["server", "S38", "wsgi.multithread is true or false"],
  S39: ["server", "S39", "wsgi.multiprocess is true or false"],
  S40: ["server", "S40", "wsgi.run_once is true or false"],
  S100: ["server", "S100", "wsgi.file_wrapper, where there is one, is a function"],
  // Status and headers.
  V22: ["application", "A16", "the status is a string"],
  V23: ["application", "A16", "the status begins with a word of three characters"],
  V24: ["application", "A16", "that word is a number from 100 on"],
  V25: ["application", "A16", "behind it are one space and a reason", "warning"],
  A16: ["application", "A16", "the status has no control characters and no other space around its parts"],
  V26: ["application", "A17", "the headers are an array"],
  V27: ["application", "A17", "each header is an array"],
  V28: ["application", "A17", "of two elements"],
  V29: ["application", "A17", "the name is a string"],
  V30: ["application", "A17", "the value is a string"],
  V31: ["application", "A16", "no header is called Status"],
  V32: ["application", "A18", "a name has no line feed and no colon"],
  V33: ["application", "A18", "a name begins with a letter; letters, digits, - and _ follow"],
  V34: ["application", "A18", "a name does not end in - or _"],
  V35: ["application", "A19", "a value has no control character below U+0020"],
  A19: ["application", "A19", "a value has no U+007F"],
  A30: ["application", "A29 A30", "status and values have no character past U+00FF"],
  A20: ["application", "A20 A25", "no header is hop-by-hop"],
  X1: ["application", "RFC 9110 8.6", "Content-Length stands there once at most, as a decimal number"],
  V36: ["application", "RFC 9110 15", "204 and 304 have no Content-Type"],
  V37: ["application", "RFC 9110 8.3", "all others have one, but for the 200 of an authorizer"],
  V38: ["application", "A22", "excInfo is what was thrown, not a list and not true or false"],
  A22: ["application", "A22", "excInfo is an Error", "warning"],
  A24: ["application", "A24", "startResponse is called a second time only with excInfo"],
  A23: ["application", "A23", "what startResponse throws when called with excInfo is not caught"],
  S8: ["server", "S8", "startResponse returns write, a function"],
  // wsgi.input, wsgi.errors, wsgi.file_wrapper.
  V39: ["application", "A12", "read() is given one whole number, or nothing"],
  V40: ["server", "S55", "read() gives a promise of octets"],
  S42: ["server", "S42", "reads give no more than was asked for"],
  V41: ["application", "A12", "readline() is given one whole number, or nothing"],
  V42: ["server", "S55", "readline(), and iteration, give octets"],
  V43: ["application", "A12", "readlines() is given one whole number, or nothing"],
  V44: ["server", "S44", "readlines() gives an array"],
  V45: ["server", "S55", "of octets"],
  V46: ["application", "A13", "wsgi.input is not closed"],
  V47: ["application", "A12", "nothing of wsgi.input and wsgi.errors is used that is not in the convention"],
  X2: ["application", "S13", "wsgi.input is not read once the body has been closed", "warning"],
  V48: ["application", "S47", "errors.write() is given one string"],
  V49: ["application", "S48", "errors.writelines() is given an iterable of strings"],
  V50: ["application", "A13", "wsgi.errors is not closed"],
  A39: [
    "application",
    "A3 A39",
    "wsgi.file_wrapper is given something with read(), and perhaps a block size",
  ],
  // The body.
  V51: ["application", "A31", "write() is given one Uint8Array"],
  A28: ["application", "A28", "write() is not called once the body has been returned"],
  S78: ["server", "S78", "write() gives a promise"],
  V52: ["server", "S13", "the body is asked for nothing once it has been closed"],
  V53: ["application", "A31", "the body yields Uint8Arrays"],
  V54: ["application", "A9", "startResponse has been called before the first chunk, and before the end"],
  S9: ["server", "S9", "the body is iterated once, and one chunk is asked for at a time"],
  S69: ["application", "S69", "the body is no longer than its Content-Length"],
  S71: ["application", "S71", "the body is no shorter than its Content-Length"],
  X3: ["application", "RFC 9110 6.4.1", "the body of 204 and 304 is empty", "warning"],
  S13: ["server", "S13", "close() is called once"],
  V55: ["server", "S13", "close() is called", "warning"],
} as const;

/** A rule's name. V2 and V4 (no keyword arguments) are not among them: TypeScript has none. */
export type ValidationRuleName = keyof typeof rows;

/** The rules by name, in the order of docs/middleware.md. */
export const validationRules: Readonly<Record<ValidationRuleName, ValidationRule>> = Object.fromEntries(
  Object.entries<Row>(rows).map(([name, [side, from, holds, level = "error"]]) => [
    name,
    { side, from, holds, level },
  ]),
) as unknown as Record<ValidationRuleName, ValidationRule>;
