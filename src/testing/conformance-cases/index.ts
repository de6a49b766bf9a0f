/**
 * All conformance cases, by what they are about.
 * @module
 */
import type { ConformanceCase } from "./conformance-case.ts";
import { answerCases } from "./answers.ts";
import { bodyCases } from "./bodies.ts";
import { failureCases } from "./failures.ts";
import { headerCases } from "./headers.ts";
import { identityCases } from "./identity.ts";
import { methodCases } from "./methods.ts";
import { pathCases } from "./paths.ts";
import { statusCases } from "./statuses.ts";

export type {
  Allowance,
  AskedCase,
  ConformanceCase,
  ConformanceRequest,
  ConformanceTarget,
  EnvironFacts,
  ExpectedAnswer,
  ReceivedAnswer,
  SendOptions,
} from "./conformance-case.ts";

/** The suite. Each case stands alone: any can be left out, or run again. */
export const conformanceCases: readonly ConformanceCase[] = [
  ...methodCases,
  ...pathCases,
  ...headerCases,
  ...identityCases,
  ...bodyCases,
  ...statusCases,
  ...answerCases,
  ...failureCases,
];
