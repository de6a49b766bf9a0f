/**
 * Master and workers.
 * @module
 */
export { runMaster, type MasterLog, type MasterOptions } from "./master.ts";
export type { MasterStatusOptions } from "./master-status.ts";
export type { MasterSocket } from "./master-types.ts";
export { removePidFile, writePidFile } from "./pid-file.ts";
export { takeInheritance, withoutInheritance, type Inheritance } from "./upgrade.ts";
export { runWorker, type WorkerApplication, type WorkerDuties } from "./worker.ts";
export type { StartMessage } from "./messages.ts";
export { maxWorkers, type ProcessSettings } from "./worker-state.ts";
