/**
 * The master's side of the status pages: it sees every event that the master decides on, keeps the figures, and serves
 * them. It decides nothing, and nothing waits for it.
 * @module
 */
import { performance } from "node:perf_hooks";
import type { HeldSocket } from "../server/index.ts";
import {
  acceptQueues,
  serveStatus,
  socketInode,
  StatusBook,
  type BlockedFigures,
  type ServiceFacts,
  type SocketSnapshot,
  type StatusServer,
  type StatusSnapshot,
  type StatusSource,
  type WorkerFacts,
} from "../status/index.ts";
import type { MasterEvent } from "./decision-types.ts";
import type { MasterSocket } from "./master-types.ts";
import { isServing, type MasterState } from "./worker-state.ts";

/** What a master with status pages is given. */
export interface MasterStatusOptions {
  /** As it was asked for. */
  readonly asked: string;
  /** Where the pages are served. */
  readonly held: HeldSocket;
  /** What is served. */
  readonly application: string;
  /** Names and versions. */
  readonly software: string;
}

/** What it asks the master for. */
export interface StatusMaster {
  state(): MasterState;
  pid(worker: number): number;
  /** How often that worker reports, in ms. */
  reportMs(worker: number): number;
}

const sampleMs = 1_000;

/** The tables of a machine with very many connections are long: they are not read for so many times their reading. */
const queuePauses = 20;
const shortestPauseMs = 50;

export class MasterStatus implements StatusSource {
  readonly #options: MasterStatusOptions;
  readonly #master: StatusMaster;
  readonly #sockets: ReadonlyArray<{ readonly socket: MasterSocket; readonly inode: string | undefined }>;
  readonly #book: StatusBook = new StatusBook(performance.now());
  readonly #lastHeard = new Map<number, number>();
  #server: StatusServer | undefined;
  #timer: NodeJS.Timeout | undefined;
  #queues: ReadonlyMap<string, number> = new Map();
  #queuesDue = 0;
  #started = 0;
  #crashed = 0;
  #killed = 0;
  #closed = false;

  constructor(options: MasterStatusOptions, sockets: readonly MasterSocket[], master: StatusMaster) {
    this.#options = options;
    this.#master = master;
    this.#sockets = sockets.map((socket) => ({ socket, inode: socketInode(socket.held.fd) }));
    this.#timer = setInterval(() => void this.#sample(), sampleMs);
  }

  /**
   * Serves the pages.
   * @throws ConfigurationError ERR_CONFIG_LISTEN when the socket cannot be listened on
   */
  async open(): Promise<void> {
    const { held } = this.#options;
    const server = await serveStatus(this, { kind: "fd", fd: held.fd, of: held.address });
    if (this.#closed) {
      server.close();
      return;
    }
    this.#server = server;
    await held.publish();
  }

  /** Stops. The socket's path goes unless it belongs to another master from here on. */
  close(handedOver: boolean): void {
    this.#closed = true;
    clearInterval(this.#timer);
    const { held } = this.#options;
    if (this.#server === undefined) {
      held.release(handedOver);
      return;
    }
    // It has the descriptor, and closes it.
    this.#server.close();
    if (!handedOver) held.removePath();
  }

  /** An event, and the state before it. */
  observe(event: MasterEvent, before: MasterState): void {
    if (event.type === "report") {
      const { figures, ...totals } = event.report;
      const now = performance.now();
      this.#lastHeard.set(event.worker, now);
      if (figures !== undefined) this.#book.report(event.worker, totals, figures, now);
    } else if (event.type === "exit") {
      const phase = before.workers.find(({ id }) => id === event.worker)?.phase;
      if (phase === "killed") this.#killed++;
      else if (phase !== "draining" || event.status !== 0) this.#crashed++;
      this.#book.forget(event.worker);
      this.#lastHeard.delete(event.worker);
    }
  }

  /** A worker is blocked, and this has been found in it. */
  blocked(worker: number, figures: BlockedFigures): void {
    this.#book.blocked(worker, figures, performance.now());
  }

  /** A worker has been started. */
  countStart(): void {
    this.#started++;
  }

  isAvailable(): boolean {
    const { phase, workers } = this.#master.state();
    return (phase === "starting" || phase === "running") && workers.some(isServing);
  }

  async snapshot(): Promise<StatusSnapshot> {
    await this.#readQueues();
    return this.#book.snapshot(this.#facts(), performance.now(), new Date());
  }

  async #sample(): Promise<void> {
    await this.#readQueues();
    this.#book.sample(this.#facts(), performance.now());
  }

  async #readQueues(): Promise<void> {
    const begun = performance.now();
    if (begun < this.#queuesDue) return;
    this.#queuesDue = Infinity;
    this.#queues = await acceptQueues(new Set(this.#sockets.flatMap(({ inode }) => inode ?? [])));
    const ended = performance.now();
    this.#queuesDue = ended + Math.max(queuePauses * (ended - begun), shortestPauseMs);
  }

  #facts(): ServiceFacts {
    const { application, software } = this.#options;
    const { phase, reload, generation, wanted, workers } = this.#master.state();
    const now = performance.now();
    return {
      application,
      software,
      pid: process.pid,
      state:
        phase === "running" && reload !== undefined ? "reloading" : phase === "ended" ? "stopping" : phase,
      generation,
      wanted,
      started: this.#started,
      crashed: this.#crashed,
      killed: this.#killed,
      workers: workers.map(({ id, generation: its, phase: at, startedAt, heardAt }): WorkerFacts => ({
        id,
        pid: this.#master.pid(id),
        generation: its,
        phase: at,
        ageMs: now - startedAt,
        silentMs: now - Math.max(heardAt, this.#lastHeard.get(id) ?? 0),
        patienceMs: 2 * this.#master.reportMs(id),
      })),
      sockets: this.#sockets.map(({ socket, inode }): SocketSnapshot => ({
        protocol: socket.protocol,
        address: socket.asked,
        waiting: inode === undefined ? null : (this.#queues.get(inode) ?? null),
      })),
    };
  }
}
