/**
 * Testing: one suite of requests and answers for every protocol, web server and mount point. It needs no test
 * framework.
 * @module
 */
export { conformanceApplication } from "./conformance-application.ts";
export type {
  Allowance,
  ConformanceCase,
  ConformanceRequest,
  ConformanceTarget,
  EnvironFacts,
  ExpectedAnswer,
} from "./conformance-case.ts";
export { conformanceCases } from "./conformance-cases/index.ts";
export { ConformanceFailure } from "./conformance-failure.ts";
export { allowancesFor, frontEndAllowances, isLeftOut, type FrontEndName } from "./front-end-allowances.ts";
export { runConformanceCase } from "./run-conformance-case.ts";
