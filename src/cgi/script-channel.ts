/**
 * What a script reads its request from and writes its answer to: the descriptors that a web server gave it, or, in a
 * test, memory.
 * @module
 */
import { closeSync, openSync, read, write, writevSync } from "node:fs";

/** The two streams. Octets that are given to a callback are the taker's to keep. */
export interface ScriptChannel {
  /** Reads 1 to `size` octets, none at the end. */
  read(size: number, done: (error: NodeJS.ErrnoException | null, octets: Uint8Array) => void): void;
  /** Writes what can be taken at once; octets taken. @throws a system error, EAGAIN where nothing can be */
  writeNow(chunks: readonly Uint8Array[]): number;
  /** Writes, and says how many octets were taken. */
  write(chunk: Uint8Array, done: (error: NodeJS.ErrnoException | null, octets: number) => void): void;
  /** The answer is over, before the process is. */
  close(): void;
}

const none = new Uint8Array(0);

/** The channel of a process that a web server started. */
export function descriptorChannel(input: number, output: number): ScriptChannel {
  return {
    read: (size, done) =>
      read(input, Buffer.allocUnsafeSlow(size), 0, size, null, (error, count, octets) =>
        done(error, error === null ? octets.subarray(0, count) : none),
      ),
    writeNow: (chunks) => writevSync(output, chunks),
    write: (chunk, done) => write(output, chunk, 0, chunk.length, null, done),
    close: () => closeOutput(output),
  };
}

/**
 * Ends standard output, so that the web server need not wait for the process. The null device takes its place: whatever
 * is opened or inherited afterwards must not be taken for it.
 */
function closeOutput(descriptor: number): void {
  try {
    closeSync(descriptor);
    openSync("/dev/null", "w");
  } catch {
    // Closed by the application already.
  }
}
