/**
 * Testing: one suite of requests and answers for every protocol, web server and mount point. It needs no test
 * framework.
 * @module
 */
export {
  authorizerCases,
  conformanceAuthorizer,
  credentialsOf,
  guardedApplication,
  type AuthorizerCase,
} from "./authorizer-cases/index.ts";
export { conformanceApplication } from "./conformance-application.ts";
export {
  conformanceCases,
  type Allowance,
  type AskedCase,
  type ConformanceCase,
  type ConformanceRequest,
  type ConformanceTarget,
  type EnvironFacts,
  type ExpectedAnswer,
  type ReceivedAnswer,
  type SendOptions,
} from "./conformance-cases/index.ts";
export { ConformanceFailure } from "./conformance-failure.ts";
export { authorizerAllowances, type AuthorizerFrontEndName } from "./authorizer-allowances.ts";
export { allowancesFor, frontEndAllowances, isLeftOut, type FrontEndName } from "./front-end-allowances.ts";
export {
  connectionPair,
  inject,
  injectProtocols,
  injectStream,
  MemorySocket,
  type GatewayOptions,
  type InjectedAnswer,
  type InjectedHead,
  type InjectOptions,
  type InjectProtocol,
  type InjectRecord,
  type InjectRequest,
  type MemoryAddresses,
  type StreamedAnswer,
} from "./inject/index.ts";
export { injectTarget } from "./inject-target.ts";
export { runConformanceCase } from "./run-conformance-case.ts";
