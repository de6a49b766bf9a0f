/**
 * `tsgi/testing`: the conformance suite that any gateway, behind any web server, can be run under.
 * @module
 */
/// <reference types="node" preserve="true" />
export * from "./testing/index.ts";
