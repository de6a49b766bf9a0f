/**
 * A socket that goes on reading after a write has failed.
 *
 * An application may answer an upload early and close. The next write then fails, and a plain net.Socket destroys
 * itself at that, dropping the answer that lies unread in the kernel (golang/go#4183 is the same fault). Here a failed
 * write only ends the writing: reading goes on to the answer's end or to the error that waits behind it (P10).
 * @module
 */
import { Socket } from "node:net";
import type { Duplex } from "node:stream";

type Done = (error?: Error | null) => void;
type Batch = Array<{ chunk: unknown; encoding: BufferEncoding }>;

export class UploadSocket extends Socket {
  #writeFailed = false;

  /** True when nothing that is written reaches the peer any more. */
  get writeFailed(): boolean {
    return this.#writeFailed;
  }

  override _write(chunk: unknown, encoding: BufferEncoding, done: Done): void {
    if (this.#writeFailed) done();
    else super._write(chunk, encoding, (error) => this.#written(error, done));
  }

  override _writev(batch: Batch, done: Done): void {
    if (this.#writeFailed) done();
    else super._writev?.(batch, (error) => this.#written(error, done));
  }

  #written(error: Error | null | undefined, done: Done): void {
    if (error) this.#writeFailed = true;
    done();
  }
}

/** What the client uses of a socket: one of these, or what acts as one. */
export interface ClientSocket extends Duplex {
  /** True when nothing that is written reaches the peer any more. */
  readonly writeFailed: boolean;
  /** Emits "timeout" after so many ms without traffic; 0: never. */
  setTimeout(ms: number): unknown;
  ref(): unknown;
  unref(): unknown;
}
