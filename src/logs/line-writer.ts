/**
 * Appends lines to a file without ever making the server wait: they gather, and leave in one write of node:fs.
 *
 * What a full or slow disk cannot take waits in bounded memory; beyond that lines are dropped and counted. Each process
 * writes for itself: with O_APPEND the lines of one write() to a file stand together, and the same holds for a pipe up
 * to PIPE_BUF octets (write(2), POSIX).
 * @module
 */
import { closeSync, write, writeSync } from "node:fs";
import { LogTarget, messageOf, type LogOwner } from "./log-target.ts";

/** What may wait, in characters. At 200 a line these are the lines of a second at 5,000 requests a second. */
const maxQueuedLength = 1_048_576;

/** The most that is written at once to a file. */
const batchLength = 65_536;

/** PIPE_BUF of Linux: more in one write may be torn by what another process writes to the same pipe. */
const pipeLength = 4_096;

/** After a failure the disk is left alone for so long, in ms. */
const retryMs = 1_000;

/** A pipe that is full is asked again after so long, in ms. */
const fullPipeMs = 10;

/** How long a stop waits for a disk that does not answer, in ms. */
const closeMs = 1_000;

/** At an end without a stop, how long a write that is on its way may take to arrive, in ms. */
const exitMs = 50;

export interface LineWriterOptions {
  readonly place: string | number;
  /** What it is called in messages, such as `access log`. */
  readonly what: string;
  readonly owner?: LogOwner | undefined;
  /** How long lines may gather, in ms. 0: they are on their way at once, however busy the process is. */
  readonly gatherMs: number;
  /** Told, in one line each, that lines cannot be written, are dropped, or can be written again. */
  complain(message: string): void;
}

export class LineWriter {
  readonly #options: LineWriterOptions;
  readonly #target: LogTarget;
  #lines: string[] = [];
  #queuedLength = 0;
  /** What is being written, or is to be tried again. */
  #batch: Buffer | undefined;
  #writing = false;
  #timer: NodeJS.Timeout | undefined;
  #failing = false;
  #dropped = 0;
  /** Moved away while a write to it was on its way. */
  #oldDescriptor: number | undefined;
  #whenEmpty: (() => void) | undefined;
  #closed = false;

  /** @throws ConfigurationError ERR_CONFIG_OPTION: the file cannot be opened */
  constructor(options: LineWriterOptions) {
    this.#options = options;
    this.#target = new LogTarget(options.place, options.what, options.owner);
    writersAtExit.add(this);
    if (writersAtExit.size === 1) process.on("exit", finishAll);
  }

  /** Appends `line` and a line end. It may hold line ends itself: then all of it stays together. */
  write(line: string): void {
    if (this.#closed) return;
    if (this.#queuedLength + line.length >= maxQueuedLength) {
      if (this.#dropped++ === 0) this.#complain("takes no more for now: lines are dropped");
      return;
    }
    this.#lines.push(line);
    this.#queuedLength += line.length + 1;
    if (this.#writing || this.#failing) return;
    if (this.#options.gatherMs === 0 || this.#queuedLength >= batchLength) this.#next();
    else if (this.#timer === undefined) this.#setTimer(this.#options.gatherMs);
  }

  /** The file has been moved away: from here on lines go to a new one under its name. */
  reopen(): void {
    if (this.#closed) return;
    try {
      const old = this.#target.reopen();
      if (old === undefined) return;
      if (this.#writing && this.#oldDescriptor === undefined) this.#oldDescriptor = old;
      else closeSync(old);
    } catch (error) {
      this.#complain(`cannot be opened again (${messageOf(error)}): the old file is written on`);
    }
  }

  /** Writes what waits, for up to a second, and closes the file. */
  async close(): Promise<void> {
    if (this.#closed) return;
    if (!this.#failing) this.#next();
    if (this.#writing) {
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        this.#whenEmpty = resolve;
        timer = setTimeout(resolve, closeMs);
      });
      clearTimeout(timer);
    }
    // A disk that has not answered by now would hold up the end as well.
    if (this.#writing) this.#lines = this.#lose();
    this.#finish(0);
  }

  /** The process ends: what waits is written now, or never. @internal */
  finishAtExit(): void {
    this.#finish(this.#writing ? exitMs : 0);
  }

  #finish(waitMs: number): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    writersAtExit.delete(this);
    if (writersAtExit.size === 0) process.off("exit", finishAll);
    // A write on its way is another thread's, which goes on; nothing here can be told that it has arrived.
    if (waitMs > 0) pauseThread(waitMs);
    try {
      if (!this.#writing && this.#batch !== undefined) this.#writeAllNow(this.#batch);
      while (this.#lines.length > 0) this.#writeAllNow(this.#take());
    } catch {
      this.#lines = this.#lose();
    }
    if (this.#dropped > 0) this.#complain(`has lost ${this.#dropped} lines`);
    if (!this.#writing) this.#target.close();
  }

  #writeAllNow(octets: Buffer): void {
    this.#batch = octets;
    let patience = exitMs;
    for (let at = 0; at < octets.length;) {
      try {
        at += writeSync(this.#target.fd, octets, at);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EAGAIN" || patience <= 0) throw error;
        pauseThread(fullPipeMs);
        patience -= fullPipeMs;
      }
    }
    this.#batch = undefined;
  }

  /** Counts all that waits as lost. Returns what is left: no lines. */
  #lose(): string[] {
    this.#dropped += this.#lines.length + lineCount(this.#batch);
    return [];
  }

  #setTimer(ms: number): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#next();
    }, ms);
    this.#timer.unref();
  }

  /** Begins the next write, if there is anything to write. */
  #next(): void {
    if (this.#writing || this.#closed) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#batch === undefined) {
      if (this.#lines.length === 0) {
        this.#emptied();
        return;
      }
      this.#batch = this.#take();
    }
    this.#writing = true;
    write(this.#target.fd, this.#batch, (error, written) => this.#written(error, written));
  }

  /** The next octets to write: whole lines. */
  #take(): Buffer {
    const limit = this.#target.isFile ? batchLength : pipeLength;
    let text = "";
    let count = 0;
    for (const line of this.#lines) {
      // Characters, not octets: a log line of more than ASCII is rare enough to be torn once in a while.
      if (count > 0 && text.length + line.length >= limit) break;
      text += `${line}\n`;
      count++;
    }
    this.#lines = count === this.#lines.length ? [] : this.#lines.slice(count);
    this.#queuedLength -= text.length;
    return Buffer.from(text, "utf8");
  }

  #written(error: NodeJS.ErrnoException | null, written: number): void {
    this.#writing = false;
    if (this.#oldDescriptor !== undefined) closeSync(this.#oldDescriptor);
    this.#oldDescriptor = undefined;
    if (this.#closed) {
      this.#target.close();
      return;
    }
    if (error === null) {
      this.#batch = written < (this.#batch?.length ?? 0) ? this.#batch?.subarray(written) : undefined;
      if (this.#failing) this.#complain("can be written again");
      this.#failing = false;
      this.#next();
      return;
    }
    const isFull = error.code === "EAGAIN";
    if (!isFull && !this.#failing) {
      this.#failing = true;
      this.#complain(`cannot be written (${error.message}): ${maxQueuedLength} octets of lines may wait`);
    }
    this.#whenEmpty?.();
    this.#setTimer(isFull ? fullPipeMs : retryMs);
  }

  #emptied(): void {
    if (this.#dropped > 0) this.#complain(`takes lines again: ${this.#dropped} were dropped`);
    this.#dropped = 0;
    this.#whenEmpty?.();
  }

  #complain(text: string): void {
    this.#options.complain(`the ${this.#options.what} ${this.#target.name} ${text}`);
  }
}

const writersAtExit = new Set<LineWriter>();

/** Somebody has called process.exit, or an exception has ended the process. */
function finishAll(): void {
  // The last opened first: what it has to complain of goes to the error log, which is opened before.
  for (const writer of [...writersAtExit].toReversed()) writer.finishAtExit();
}

function pauseThread(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

function lineCount(octets: Buffer | undefined): number {
  let count = 0;
  for (const octet of octets ?? []) if (octet === 10) count++;
  return count;
}
