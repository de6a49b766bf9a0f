/**
 * The one socket pump: reads, pulls events out of a protocol core, drives exchanges, writes, drains, times out, aborts.
 *
 * It is the same for every stream protocol; which core it is given makes the difference. Back-pressure on requests is
 * not pulling and not reading; back-pressure on answers is `room`.
 * @module
 */
// The global of this name is an accessor that costs a microsecond in Node.js 20.
import { performance } from "node:perf_hooks";
import { Exchange, type Application } from "../bridge/index.ts";
import { RequestAbortedError, TsgiError } from "../errors/index.ts";
import type { GatewayCore, RequestEvent, ResponseEvent } from "../protocols/gateway-core.ts";
import { blockOctets } from "../protocols/output-buffer.ts";
import type { ConnectionHost, ConnectionOrigin } from "./connection-host.ts";
import { findOverdue } from "./deadlines.ts";
import { farewellTo, type Farewell } from "./farewell.ts";
import { RequestSlot, type SlotConnection } from "./request-slot.ts";
import { RequestSlots } from "./request-slots.ts";
import { SocketWriter, type WriterOwner } from "./socket-writer.ts";
import type { Transport, TransportOwner } from "./transport.ts";
import { UploadDrain } from "./upload-drain.ts";

/** How long an ended connection goes on reading, so that closing it does not reset the answer away, in ms. */
const lingerMs = 2_000;

/** How long the web server has to pass on what there is of an answer that breaks off, in ms. */
const breakOffMs = 50;

const nothing: readonly Uint8Array[] = [Buffer.alloc(0)];
const noBlocks: readonly Uint8Array[] = [];

/** Told when a connection is closed for good. */
export interface ConnectionKeeper {
  forget(connection: Connection): void;
}

export class Connection implements SlotConnection, WriterOwner, TransportOwner {
  readonly origin: ConnectionOrigin;
  readonly slots: RequestSlots = new RequestSlots();
  /** When octets last came, or the last answer ended, on the server's clock. */
  quietSince: number;
  /** When the request now being received began, or -1. */
  receivingSince = -1;
  /** When an answer last made progress. */
  wroteAt: number;
  /** The peer has ended its side. */
  peerEnded = false;
  readonly #transport: Transport;
  readonly #core: GatewayCore;
  readonly #writer: SocketWriter;
  readonly #host: ConnectionHost;
  readonly #application: Application;
  readonly #keeper: ConnectionKeeper;
  #pumping = false;
  #closeWhenIdle: boolean;
  #lingering = false;
  #closed = false;
  /** Nobody needs to know a request's beginning better than to a tick. */
  readonly #coarse: boolean;
  /** A request has come on this connection. */
  #served = false;
  /** Undefined until an answer has ended and the connection goes on. */
  #farewell: Farewell | undefined = undefined;

  /** `application` is the host's, or the one that says 503 when there are too many connections. */
  constructor(
    transport: Transport,
    core: GatewayCore,
    host: ConnectionHost,
    origin: ConnectionOrigin,
    application: Application,
    keeper: ConnectionKeeper,
  ) {
    this.#transport = transport;
    this.#keeper = keeper;
    this.#core = core;
    this.#host = host;
    this.#writer = new SocketWriter(transport, core, host.pool, this);
    this.#application = application;
    this.#closeWhenIdle = application !== host.application;
    this.#coarse = host.limits.requestTimeoutMs === Infinity && host.statistics === undefined;
    this.origin = origin;
    this.quietSince = host.now;
    this.wroteAt = host.now;
  }

  /** True when neither a request nor a part of one is here: closing loses nothing. */
  get idle(): boolean {
    return this.slots.size === 0 && this.receivingSince < 0;
  }

  get carriesOne(): boolean {
    return this.#core.endsByClose;
  }

  get expectsBody(): boolean {
    return this.slots.expectsBody;
  }

  get room(): number {
    return this.#host.limits.answerHighWaterOctets - this.#writer.queuedOctets;
  }

  // What the transport reports.

  receive(octets: Uint8Array): void {
    this.quietSince = this.#host.now;
    if (this.#lingering || this.#closed) return;
    this.#core.receive(octets);
    this.#pump();
    if (this.#transport.reusesBuffer) this.#core.keepInput();
  }

  /** The peer has ended its side: it has gone, or, where that can be told, it only has nothing more to send. */
  receiveEnd(): void {
    this.peerEnded = true;
    this.quietSince = this.#host.now;
    if (this.#lingering || this.#closed) {
      this.#transport.destroy();
      return;
    }
    if (this.expectsBody) {
      this.gone("the web server closed the connection before the end of the request body");
      return;
    }
    this.#core.receiveEnd();
    this.#pump();
    if (this.#closed) return;
    if (this.slots.size === 0) this.#close();
    else if (this.origin.unix) this.probe();
    else {
      for (const slot of this.slots) slot.exchange.hangUp(abortedBy("the web server ended the connection"));
    }
  }

  /**
   * Finds out whether a UNIX peer that has ended its side still reads: the kernel refuses even an empty write to a
   * socket whose other end is closed, and takes it when the other end was only shut down for writing.
   */
  probe(): void {
    this.#transport.write(nothing, noBlocks);
  }

  /** Nobody reads the answers any more: all that is open is aborted. `cause`: what has been logged of it. */
  gone(reason: string, cause?: TsgiError): void {
    if (this.#closed) return;
    this.#closed = true;
    const error = abortedBy(reason, cause);
    const isCut = this.slots.isAnswering;
    this.slots.abort(error);
    this.#writer.drop();
    if (isCut && this.#core.endsByClose) this.#reset();
    else this.#transport.destroy();
  }

  broken(code: string): void {
    this.gone(`the web server closed the connection (${code})`);
  }

  closed(): void {
    this.gone("the web server closed the connection");
    this.#keeper.forget(this);
  }

  /** The kernel has taken octets that had to wait. */
  written(blocks: readonly Uint8Array[], failed: boolean): void {
    this.#writer.release(blocks);
    if (!failed) this.roomMade();
  }

  // What the server asks.

  /** The server has begun to drain: silence counts from now on. */
  drain(): void {
    this.quietSince = this.#host.now;
    if (this.#farewell !== "limit" || this.#closed) return;
    this.#core.refuseMore();
    this.#writer.write();
  }

  /** Ends the connection if no request has come for so many ms, and none has begun to. */
  closeIfQuiet(keptMs: number, freshMs: number): void {
    if (this.idle && this.#host.now - this.quietSince >= (this.#served ? keptMs : freshMs)) this.#close();
  }

  /** Ends what has taken too long; called on each tick of the server's timer. */
  checkDeadlines(): void {
    if (this.peerEnded && this.origin.unix && this.slots.size > 0) this.probe();
    const overdue = findOverdue(this, this.#host);
    if (overdue === undefined) return;
    if (overdue.expires === true && overdue.slot !== undefined && overdue.error !== undefined) {
      const { slot } = overdue;
      slot.expired = true;
      // It logs by itself, with the request's name.
      slot.exchange.expire(overdue.error);
      return;
    }
    const { slot, error, reason } = overdue;
    if (slot !== undefined) {
      if (error !== undefined) this.#log(error);
      this.#giveUp(slot, reason, false, error);
      this.#pump();
      return;
    }
    if (error !== undefined) this.#logEnd(error);
    else if (this.idle) return this.#close();
    this.gone(reason, error);
  }

  // What the slots ask.

  send(event: ResponseEvent): void {
    if (this.#closed) return;
    this.#core.send(event);
    // Measured: four blocks in one write cost the kernel half of what four writes do.
    if (this.room <= 0) this.#writer.write();
  }

  flush(): void {
    if (this.#closed || this.#writer.writeUnlessRecent()) return;
    // The pump writes when it is done.
    if (!this.#pumping) this.#writer.plan();
  }

  answered(slot: RequestSlot, complete: boolean): void {
    if (this.#closed) return;
    this.#host.statistics?.ended(slot, complete);
    if (!complete || (slot.bodyEnded && slot.dataEnded)) {
      this.#end(slot, complete);
      return;
    }
    slot.drain = new UploadDrain(this.#host.limits, () => this.#end(slot, true));
    slot.bodyFull = false;
    slot.exchange.input.discard();
    slot.exchange.data?.discard();
    this.#writer.write();
    if (!this.#pumping) this.#pump();
  }

  aborted(): void {
    this.#host.statistics?.abort();
  }

  /** Reads on for this slot's body: its queue has room again. */
  resume(slot: RequestSlot): void {
    slot.bodyFull = false;
    if (!this.#pumping && !this.#closed) this.#pump();
  }

  // The pump.

  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    try {
      let again: boolean;
      do {
        for (let event = this.#next(); event !== undefined; event = this.#next()) this.#handle(event);
        again = this.#startExchanges();
        // A core stops at a block of replies of its own, and goes on once they have been taken.
        if (!again && this.#core.pendingOctets >= blockOctets) {
          this.#writer.write();
          again = true;
        }
      } while (again);
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#pumping = false;
    }
    if (this.#closed) return;
    this.#noteReceiving();
    this.#writer.write();
    this.#closeIfDone();
    if (this.#blocked() && !this.#lingering) this.#transport.pause();
    else if (this.#transport.isPaused) this.#transport.resume();
  }

  #next(): RequestEvent | undefined {
    return this.#blocked() || this.#closed ? undefined : this.#core.nextEvent();
  }

  /** True while no more may be read: a body's queue is full, or a flood is being answered that reads no answers. */
  #blocked(): boolean {
    return this.slots.isFull || this.#transport.queuedOctets > 2 * this.#host.limits.answerHighWaterOctets;
  }

  #noteReceiving(): void {
    if (!this.#core.receiving) this.receivingSince = -1;
    else if (this.receivingSince < 0) this.receivingSince = this.#host.now;
  }

  #handle(event: RequestEvent): void {
    switch (event.type) {
      case "request":
        this.#open(event);
        return;
      case "refused":
        this.#log(event.error);
        return;
      default: {
        const slot = this.slots.find(event.id);
        if (slot !== undefined) this.#deliver(slot, event);
      }
    }
  }

  #deliver(slot: RequestSlot, event: Exclude<RequestEvent, { type: "request" | "refused" }>): void {
    switch (event.type) {
      case "body":
      case "data": {
        const queue = event.type === "body" ? slot.exchange.input : slot.exchange.data;
        if (slot.drain !== undefined) slot.drain.drop(event.octets.length);
        else if (queue !== undefined && !queue.push(event.octets, this.#transport.reusesBuffer)) {
          slot.bodyFull = true;
          slot.bodyFullSince = this.#host.now;
        }
        return;
      }
      case "body-end":
        slot.bodyEnded = true;
        slot.exchange.input.end();
        break;
      case "data-end":
        slot.dataEnded = true;
        slot.exchange.data?.end();
        break;
      case "abort":
        // The web server wants END_REQUEST soon and goes on using the connection for others.
        this.#giveUp(slot, "the web server aborted the request", true);
        return;
      default:
        event satisfies never;
    }
    if (slot.drain !== undefined && slot.bodyEnded && slot.dataEnded) this.#end(slot, true);
  }

  #open(event: Extract<RequestEvent, { type: "request" }>): void {
    const slot = new RequestSlot(this, event.id, event.role);
    this.#served = true;
    slot.dataEnded = event.role !== "filter";
    const request = { protocol: this.origin.protocol, role: event.role, params: event.params };
    slot.exchange = new Exchange(this.#application, request, slot, this.#host.settings);
    // In a variable: V8 allocates a closure that is assigned to a property in the old generation.
    const resume = (): void => this.resume(slot);
    slot.exchange.input.onDrain = resume;
    if (slot.exchange.data !== undefined) slot.exchange.data.onDrain = resume;
    this.wroteAt = this.#host.now;
    this.slots.add(slot);
  }

  /**
   * Starts what has arrived, once all octets at hand are decoded: an application that never looks at its body then
   * finds it already ended, and a small answer leaves in one write. True when something was started.
   */
  #startExchanges(): boolean {
    let started = false;
    // An exchange that is answered at once takes its slot out of the list.
    for (let slot = this.slots.findUnstarted(); slot !== undefined; slot = this.slots.findUnstarted()) {
      slot.started = true;
      // The tick's clock lags behind by up to a tick: too much for a short limit, and good enough to report by.
      slot.startedAt = this.#coarse ? this.#host.now : performance.now();
      started = true;
      this.#host.running.began();
      slot.exchange.onFinished = this.#host.running.finished;
      slot.exchange.start();
    }
    return started;
  }

  // Endings.

  #end(slot: RequestSlot, complete: boolean): void {
    if (!complete && slot.answering && !slot.breakingOff) {
      // What breaks the answer off must not be read together with its head: nginx would then send neither.
      slot.breakingOff = true;
      this.#writer.write();
      setTimeout(() => this.#breakOff(slot), breakOffMs);
      return;
    }
    const unfinished = !slot.bodyEnded || !slot.dataEnded;
    this.#remove(slot);
    this.#core.send({ type: "end", id: slot.id, complete });
    if (complete && !this.#core.closing) {
      // Once is enough for a connection; not kept as the text, which would keep all that it was cut from.
      if (this.#farewell === undefined || this.#host.draining)
        this.#farewell = farewellTo(slot.exchange.serverSoftware);
      if (this.#host.draining) this.#takeLeave(this.#farewell);
    }
    if (!complete && this.#core.endsByClose) this.#reset();
    else if (unfinished && complete) this.#linger();
    else if (!this.#pumping) {
      this.#writer.write();
      this.#closeIfDone();
    }
  }

  /** An answer has been written, others must not follow on this connection. */
  #takeLeave(farewell: Farewell): void {
    if (farewell === "limit") this.#core.refuseMore();
    if (farewell !== "record") return;
    this.#closeWhenIdle = true;
    // Others would keep the connection all the same, and Apache take the record for the start of its next answer.
    if (this.idle) this.#core.announceClose();
  }

  #breakOff(slot: RequestSlot): void {
    if (this.#closed || !this.slots.has(slot)) return;
    this.#end(slot, false);
  }

  /** Aborts one request. What was sent of its answer passes for complete only when the web server does not care. */
  #giveUp(slot: RequestSlot, reason: string, complete: boolean, cause?: TsgiError): void {
    slot.abort(abortedBy(reason, cause));
    this.#remove(slot);
    this.#core.send({ type: "end", id: slot.id, complete: complete || !slot.answering });
  }

  #remove(slot: RequestSlot): void {
    this.slots.remove(slot);
    this.quietSince = this.#host.now;
  }

  /** Ends our side and reads on for a while: closing with unread octets would reset the answer away. */
  #linger(): void {
    this.#writer.write();
    this.#lingering = true;
    this.#transport.end();
    this.#transport.resume();
    setTimeout(() => this.#transport.destroy(), lingerMs).unref();
  }

  /** The peer broke the protocol, or a limit: one log line, what is owed is sent, the connection ends. */
  #fail(error: unknown): void {
    if (error instanceof TsgiError) this.#logEnd(error);
    else this.#host.settings.log({ level: "error", message: "a fault of the gateway itself", error });
    const reason = abortedBy(`the connection failed: ${String(error)}`, error);
    const isCut = this.slots.isAnswering;
    this.slots.abort(reason);
    if (isCut && this.#core.endsByClose) this.#reset();
    else this.#linger();
  }

  #closeIfDone(): void {
    const isLast = this.#core.closing || this.peerEnded || (this.#ending && this.#served);
    if (isLast && this.idle && !this.#lingering) this.#close();
  }

  /** The connection ends with the next answer. */
  get #ending(): boolean {
    return this.#closeWhenIdle || this.#host.lastCall;
  }

  #close(): void {
    if (this.#closed) return;
    this.#writer.write();
    this.#closed = true;
    // Measured: destroy() costs 13 microseconds less than end(), and loses nothing once the kernel has it all.
    if (this.#writer.isDrained) this.#transport.destroy();
    else this.#transport.destroySoon();
  }

  /** Closes so that the peer can see that the answer is not whole: with a reset, which UNIX sockets do not have. */
  #reset(): void {
    this.#closed = true;
    if (this.origin.unix) this.#transport.destroy();
    else this.#transport.reset();
  }

  /** The kernel has taken so much that answers may go on. */
  roomMade(): void {
    this.wroteAt = this.#host.now;
    if (this.#closed || this.room <= 0) return;
    this.slots.progress();
    if (this.#writer.isDrained) this.#writer.write();
    if (this.#transport.isPaused) this.#pump();
  }

  /** What ends the connection and all that runs on it: one line, so it names that too. */
  #logEnd(error: TsgiError): void {
    const { label } = this.slots;
    this.#log(error, label === "" ? "" : `; this ends ${label}`);
  }

  #log(error: TsgiError, consequence = ""): void {
    this.#host.settings.log({
      level: error instanceof RequestAbortedError ? "info" : "error",
      message: `${this.origin.protocol} ${this.origin.address}: ${error.message}${consequence}`,
      code: error.code,
    });
  }
}

function abortedBy(reason: string, cause?: unknown): RequestAbortedError {
  return new RequestAbortedError("ERR_REQUEST_ABORTED", reason, cause === undefined ? {} : { cause });
}
