/**
 * The request body of a CGI script on its way from file descriptor 0 to the application's queue.
 *
 * Read on demand: a script that never asks for the body reads nothing before its answer is out. Never more is read
 * than CONTENT_LENGTH allows. RFC 3875 section 4.2. It is read ahead only where the web server would otherwise wait for
 * this script for ever (`readAhead`).
 * @module
 */
import type { BodyQueue } from "../bridge/index.ts";
import type { CgiLimits } from "./limits.ts";
import type { ScriptChannel } from "./script-channel.ts";

const chunkOctets = 65_536;

export class ScriptInput {
  readonly #channel: ScriptChannel;
  readonly #queue: BodyQueue;
  readonly #limits: CgiLimits;
  /** Octets that may still come; Infinity up to the end of the stream. */
  #left: number;
  #reading = false;
  #readsAhead = false;
  #discarded = 0;
  #onProgress: (() => void) | undefined = undefined;

  /** @param length - octets of the body; undefined: up to the end of the stream */
  constructor(channel: ScriptChannel, length: number | undefined, queue: BodyQueue, limits: CgiLimits) {
    this.#channel = channel;
    this.#queue = queue;
    this.#limits = limits;
    this.#left = length ?? Number.POSITIVE_INFINITY;
    if (this.#left === 0) {
      queue.end();
      return;
    }
    queue.onWait = () => this.#read();
    queue.onDrain = () => this.#read();
  }

  /** True while a read waits for the web server: the process cannot end by itself before it is answered. */
  get reading(): boolean {
    return this.#reading;
  }

  /**
   * While true, reads without being asked, up to `maxReadAheadOctets` that wait for the application: the web server takes
   * no answer, maybe because it has not got rid of the body.
   */
  set readsAhead(value: boolean) {
    this.#readsAhead = value;
    if (value && this.#mayReadAhead) this.#read();
  }

  get #mayReadAhead(): boolean {
    return this.#readsAhead && this.#queue.bufferedOctets < this.#limits.maxReadAheadOctets;
  }

  /** Reads and drops what is left of an upload, until it ends, stays silent or is more than is worth reading (W12). */
  async drain(): Promise<void> {
    this.#queue.discard();
    while (this.#left > 0 && this.#discarded < this.#limits.maxDiscardOctets) {
      this.#read();
      const progressed = await new Promise<boolean>((resolve) => {
        const idle = setTimeout(() => resolve(false), this.#limits.discardIdleMs);
        this.#onProgress = () => {
          clearTimeout(idle);
          resolve(true);
        };
      });
      if (!progressed) return;
    }
  }

  #read(): void {
    if (this.#reading || this.#left === 0) return;
    this.#reading = true;
    this.#channel.read(Math.min(chunkOctets, this.#left), (error, octets) => {
      this.#reading = false;
      if (error?.code === "EAGAIN") {
        setTimeout(() => this.#read(), 5);
        return;
      }
      // What cannot be read is as good as ended: a body that is shorter than declared then says so itself.
      this.#took(octets);
    });
  }

  #took(octets: Uint8Array): void {
    this.#discarded += octets.length;
    this.#left = octets.length === 0 ? 0 : this.#left - octets.length;
    const wantsMore = octets.length > 0 && this.#queue.push(octets);
    if (this.#left === 0) this.#queue.end();
    else if ((wantsMore || this.#mayReadAhead) && this.#onProgress === undefined) this.#read();
    this.#onProgress?.();
  }
}
