/**
 * The conformance suite behind every web server, at the root and at a sub-path. README's matrix is made of this run:
 * `npm run matrix`.
 */
import { afterAll, beforeAll, describe, it } from "vitest";
import {
  allowancesFor,
  conformanceApplication,
  conformanceCases,
  isLeftOut,
  runConformanceCase,
} from "../../src/testing/index.ts";
import { ExampleStage } from "../support/example-stage.ts";
import { frontEnds, type GatewayProtocol, type Mount } from "../support/front-ends.ts";
import { describeWithServers } from "../support/nginx.ts";

async function hostFor(
  stage: ExampleStage,
  protocol: GatewayProtocol,
  { address, options, script, bridge }: Mount,
): Promise<void> {
  if (script !== undefined) {
    const [name, command, ...words] = script;
    stage.writeScript(name, "test/interop/applications/conformance.ts", command, ...words);
  }
  if (bridge !== undefined) stage.writeBridge(bridge, address ?? "");
  if (address !== undefined) await stage.host(conformanceApplication, address, options, protocol);
}

for (const { name, protocol, server, root, subPath, allowances } of frontEnds) {
  describeWithServers(name, () => {
    describe.each([
      ["root", root],
      ["sub-path", subPath],
    ])("%s", (_where, mount) => {
      const stage = new ExampleStage();
      beforeAll(async () => {
        // Both: web servers that start gateways start, or look for, all that their file names.
        await hostFor(stage, protocol, root);
        await hostFor(stage, protocol, subPath);
        await stage.start(server, mount.example);
      });
      afterAll(() => stage[Symbol.asyncDispose]());

      for (const one of conformanceCases) {
        const note = allowancesFor(one.name, allowances).length > 0 ? " [as the web server changes it]" : "";
        it.skipIf(isLeftOut(one.name, allowances))(`${one.name} ${one.holds}${note}`, () =>
          runConformanceCase(one, { origin: stage.origin, mount: mount.mount, allowances, timeoutMs: 8_000 }),
        );
      }
    });
  });
}
