/**
 * Status pages: what is known of workers and requests, gathered, kept for five minutes, and shown.
 * @module
 */
export { acceptQueues, socketInode } from "./accept-queue.ts";
export type { OldestRequest, SocketSnapshot, StatusSnapshot, WorkerSnapshot } from "./snapshot.ts";
export { StatusBook, type ServiceFacts } from "./status-book.ts";
export { serveStatus, type StatusServer, type StatusSource } from "./status-server.ts";
export { textPage } from "./text-page.ts";
export {
  readBlockedFigures,
  readWorkerFigures,
  type BlockedFigures,
  type NamedRequest,
  type WorkerFigures,
  type WorkerTotals,
} from "./worker-figures.ts";
export { oldestOf, WorkerProbe } from "./worker-probe.ts";
export type { WorkerFacts } from "./worker-snapshot.ts";
