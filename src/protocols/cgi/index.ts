/**
 * CGI/1.1 without I/O: a script's variables, the length of its body and the two heads it may answer with. RFC 3875.
 * @module
 */
export { encodeResponseHead } from "../response-head.ts";
export { decodeEnvironmentBlock } from "./environment-block.ts";
export { scriptBodyLength } from "./script-body.ts";
export { encodeNonParsedHead, isNonParsedHeader } from "./script-head.ts";
