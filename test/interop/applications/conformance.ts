/**
 * The conformance suite's application as a module, for web servers that start `tsgi serve` themselves.
 * @module
 */
export { conformanceApplication as application } from "../../../src/testing/index.ts";
