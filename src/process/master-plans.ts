/**
 * What each generation of workers is started with: a reload may bring new settings, and the old ones must still be there
 * if it fails, or if an old worker has to be replaced meanwhile.
 * @module
 */
import type { ProcessSettings } from "./worker-state.ts";

/** Workers report at least so often, in ms. */
const longestReportMs = 1_000;

/** They do not report more often, in ms: that would be all they do. */
const shortestReportMs = 20;

/** Settings that a reload may change. */
export interface MasterPlan {
  readonly settings: ProcessSettings;
  /** Passed on to the workers; must survive JSON. */
  readonly program: unknown;
}

export class MasterPlans {
  readonly #byGeneration = new Map<number, MasterPlan>();
  #newest: MasterPlan;

  constructor(first: MasterPlan) {
    this.#newest = first;
  }

  /** What the next generation is to be started with. */
  set newest(plan: MasterPlan) {
    this.#newest = plan;
  }

  /** What a worker of that generation is started with: the first one settles it for all of them. */
  of(generation: number): MasterPlan {
    const known = this.#byGeneration.get(generation);
    if (known !== undefined) return known;
    this.#byGeneration.set(generation, this.#newest);
    return this.#newest;
  }

  /** A reload begins. The number of a generation that failed is used again once none of its workers is left. */
  begin(generation: number): void {
    this.#byGeneration.delete(generation);
  }

  /** A generation before this one is never started again. */
  forgetBefore(generation: number): void {
    for (const each of this.#byGeneration.keys()) if (each < generation) this.#byGeneration.delete(each);
  }

  /**
   * How often a worker that is started now is to report, in ms: four times within the shortest heartbeat that any living
   * generation is held to.
   */
  reportMs(): number {
    const plans = [...this.#byGeneration.values(), this.#newest];
    const shortest = Math.min(...plans.map(({ settings }) => settings.heartbeatTimeoutMs));
    return Math.max(Math.min(shortest / 4, longestReportMs), shortestReportMs);
  }
}
