/**
 * The authorizer suite: its cases, and the applications that they are run against.
 * @module
 */
export { conformanceAuthorizer, guardedApplication } from "./authorizer-applications.ts";
export { credentialsOf, type AuthorizerCase } from "./authorizer-case.ts";
export { authorizerCases } from "./cases.ts";
