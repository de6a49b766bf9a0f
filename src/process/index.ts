/**
 * Master and workers.
 * @module
 */
export { makeRoomForInit } from "./container-init.ts";
export { runMaster, type MasterLog, type MasterOptions } from "./master.ts";
export type { MasterPlan } from "./master-plans.ts";
export type { MasterStatusOptions } from "./master-status.ts";
export type { MasterSocket } from "./master-types.ts";
export { watchForOrphans } from "./orphans.ts";
export { refusePidFile, removePidFile, writePidFile } from "./pid-file.ts";
export { takeInheritance, type Inheritance } from "./upgrade.ts";
export { applicationEnvironment, replaceEnvironment, type EnvironmentChanges } from "./environment.ts";
export { becomeUser, findIdentity, identityVariables, type Identity } from "./privileges.ts";
export { findServiceManager, ServiceNotifier, type ServiceManager } from "./service-notifier.ts";
export { runWorker, type WorkerApplication, type WorkerDuties } from "./worker.ts";
export { workerStreams, type StartMessage } from "./messages.ts";
export { watchForSlowRequests } from "./watchdog.ts";
export { maxWorkers, type ProcessSettings } from "./worker-state.ts";
