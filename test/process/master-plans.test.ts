import { describe, expect, it } from "vitest";
import { MasterPlans, type MasterPlan } from "../../src/process/master-plans.ts";

function plan(name: string, heartbeatTimeoutMs = 1_000): MasterPlan {
  const settings = {
    workers: 1,
    maxRequests: Infinity,
    maxRequestsJitter: 0,
    workerLifetimeMs: Infinity,
    maxMemoryOctets: Infinity,
    gracefulTimeoutMs: 1_000,
    heartbeatTimeoutMs,
    slowStartMs: 10_000,
    startTimeoutMs: 1_000,
    application: "app.ts",
  };
  return { settings, program: name };
}

describe("the plans of a master", () => {
  it("are settled for a generation by its first worker", () => {
    const plans = new MasterPlans(plan("first"));
    expect(plans.of(1).program).toBe("first");
    plans.newest = plan("second");
    expect(plans.of(1).program).toBe("first");
    plans.begin(2);
    expect(plans.of(2).program).toBe("second");
    plans.newest = plan("third");
    expect(plans.of(2).program).toBe("second");
  });

  it("are new for a generation whose number a failed one had", () => {
    const plans = new MasterPlans(plan("first"));
    plans.of(1);
    plans.newest = plan("bad");
    plans.begin(2);
    expect(plans.of(2).program).toBe("bad");
    plans.newest = plan("mended");
    plans.begin(2);
    expect(plans.of(2).program).toBe("mended");
    expect(plans.of(1).program).toBe("first");
  });

  it("make workers report as often as any of them needs, until the old ones are forgotten", () => {
    const plans = new MasterPlans(plan("first", 200));
    plans.of(1);
    plans.newest = plan("second", 30_000);
    plans.begin(2);
    plans.of(2);
    expect(plans.reportMs()).toBe(50);
    plans.forgetBefore(2);
    expect(plans.reportMs()).toBe(1_000);
  });
});
