/**
 * The authorizer suite behind every web server that asks one, with the shipped authorizer.conf of each. README's second
 * matrix is made of this run: `npm run matrix`.
 */
import { afterAll, beforeAll, describe, it } from "vitest";
import {
  allowancesFor,
  authorizerCases,
  conformanceAuthorizer,
  guardedApplication,
  isLeftOut,
  runConformanceCase,
} from "../../src/testing/index.ts";
import { authorizerFrontEnds } from "../support/authorizer-front-ends.ts";
import { ExampleStage } from "../support/example-stage.ts";
import { describeWithServers } from "../support/nginx.ts";

for (const { name, server, mount, authorizer, application, allowances } of authorizerFrontEnds) {
  describeWithServers(name, () => {
    describe("authorizer", () => {
      const stage = new ExampleStage();
      beforeAll(async () => {
        await stage.host(conformanceAuthorizer, authorizer);
        await stage.host(guardedApplication, application, { scriptName: mount });
        await stage.start(server, "authorizer.conf");
      });
      afterAll(() => stage[Symbol.asyncDispose]());

      for (const one of authorizerCases) {
        const note = allowancesFor(one.name, allowances).length > 0 ? " [as the web server changes it]" : "";
        it.skipIf(isLeftOut(one.name, allowances))(`${one.name} ${one.holds}${note}`, () =>
          runConformanceCase(one, { origin: stage.origin, mount, allowances, timeoutMs: 8_000 }),
        );
      }
    });
  });
}
