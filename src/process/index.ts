/**
 * Master and workers.
 * @module
 */
export { runMaster, type MasterLog, type MasterOptions } from "./master.ts";
export type { MasterPlan } from "./master-plans.ts";
export type { MasterSocket } from "./master-types.ts";
export { removePidFile, writePidFile } from "./pid-file.ts";
export { takeInheritance, withoutInheritance, type Inheritance } from "./upgrade.ts";
export { runWorker, type WorkerApplication, type WorkerDuties } from "./worker.ts";
export { workerStreams, type StartMessage } from "./messages.ts";
export { watchForSlowRequests } from "./watchdog.ts";
export { maxWorkers, type ProcessSettings } from "./worker-state.ts";
