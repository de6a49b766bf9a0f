/** `fromNode` against Node's own http server: the same listeners, the same answers, the same events. */
import { describe, expect, it } from "vitest";
import { fromNode, type NodeListener } from "../../../src/adapters/index.ts";
import { requestBehaviours } from "./behaviours-request.ts";
import { responseBehaviours } from "./behaviours-response.ts";
import { play, watched, type Behaviour, type Outcome } from "./differential.ts";
import { startNodeSite, startPlainSite, type Site } from "./sites.ts";

describe.each([
  ["a response", responseBehaviours],
  ["a request", requestBehaviours],
])("%s that", (_, behaviours) => {
  it.each(Object.entries(behaviours))("%s", async (_name, behaviour) => {
    const [plain, gateway] = await Promise.all([
      run(behaviour, (listener) => startPlainSite(listener as never)),
      run(behaviour, (listener) => startNodeSite(fromNode(listener))),
    ]);
    expect(comparable(gateway, behaviour, plain)).toEqual(comparable(plain, behaviour, plain));
  });
});

async function run(behaviour: Behaviour, start: (listener: NodeListener) => Promise<Site>): Promise<Outcome> {
  const { listener, log } = watched(behaviour);
  let leave: () => void = () => {};
  const left = new Promise<void>((resolve) => (leave = resolve));
  const site = await start((req, res) => {
    res.on("leave", leave);
    return listener(req, res);
  });
  const answer = await play(behaviour, site, left);
  return { ...answer, log: await log };
}

/** An outcome without what may differ, as the behaviour says, and without a length that one of the two could add. */
function comparable(outcome: Outcome, { differs }: Behaviour, plain: Outcome): Partial<Outcome> {
  const has = (name: string): boolean => plain.headers.some(([each]) => each.toLowerCase() === name);
  const excused = new Set(differs?.headers ?? []);
  if (!has("content-length")) excused.add("content-length");
  const headers = outcome.headers.filter(([name]) => !excused.has(name.toLowerCase()));
  const log = outcome.log.filter((line) => differs?.lines?.test(line) !== true);
  return differs?.answer === true ? { headers, log } : { ...outcome, headers, log };
}
