/**
 * What Node.js keeps below net.Socket, typed as far as handle-transport.ts uses it. Private API: see there.
 * @module
 */
import type { Server } from "node:net";

/** A request to the kernel, filled in by Node.js. */
export interface WriteRequest {
  oncomplete: (this: never, status: number) => void;
  handle?: StreamHandle;
}

/** A connected TCP socket or UNIX socket. Status numbers are 0 or negative errno values. */
export interface StreamHandle {
  /** What it returns is filled by the next read. */
  onread: (this: never) => Uint8Array | undefined;
  useUserBuffer(buffer: Uint8Array): void;
  readStart(): number;
  readStop(): number;
  writeBuffer(request: WriteRequest, octets: Uint8Array): number;
  writev(request: WriteRequest, pieces: readonly Uint8Array[], allBuffers: true): number;
  shutdown(request: WriteRequest): number;
  close(done: () => void): void;
  /** TCP only. */
  getpeername?(into: { address?: string }): number;
  /** TCP only. */
  setNoDelay?(noDelay: boolean): number;
  /** TCP only. */
  reset?(done: () => void): number;
}

/** The module of Node.js that writes to handles, and the array in which it leaves what a call has done. */
export interface NativeStreams {
  readonly WriteWrap: new () => WriteRequest;
  readonly ShutdownWrap: new () => WriteRequest;
  readonly streamBaseState: Readonly<Int32Array>;
  readonly kReadBytesOrError: number;
  readonly kBytesWritten: number;
  readonly kLastWriteWasAsync: number;
}

type OnConnection = (this: unknown, status: number, handle?: StreamHandle) => void;
interface ListeningHandle {
  onconnection?: OnConnection;
}

/** The major versions of Node.js on which the whole test suite runs over handles. */
const testedMajors: readonly number[] = [20, 22, 24, 26];

/** Gives Node's native module of that name; throws under its permission model. */
export type Binding = (name: string) => unknown;

/** The native module, or undefined where it is not to be had, or is not what it was in the versions tested. */
export function findNativeStreams(
  version: string = process.versions.node,
  binding: Binding | undefined = (process as unknown as { binding?: Binding }).binding,
): NativeStreams | undefined {
  if (!testedMajors.includes(Number.parseInt(version, 10))) return undefined;
  let found: Partial<NativeStreams>;
  try {
    found = (binding?.("stream_wrap") ?? {}) as Partial<NativeStreams>;
  } catch {
    return undefined;
  }
  const { WriteWrap, ShutdownWrap, streamBaseState } = found;
  const isWhole =
    typeof WriteWrap === "function" &&
    typeof ShutdownWrap === "function" &&
    streamBaseState instanceof Int32Array &&
    [found.kReadBytesOrError, found.kBytesWritten, found.kLastWriteWasAsync].every(
      (index) => Number.isInteger(index) && (index as number) < streamBaseState.length,
    );
  return isWhole ? (found as NativeStreams) : undefined;
}

const methods = [
  "useUserBuffer",
  "readStart",
  "readStop",
  "writeBuffer",
  "writev",
  "shutdown",
  "close",
] as const;

/**
 * Has a listening server hand over the handles it accepts instead of making sockets of them. What does not look as
 * it should, and every error, goes the ordinary way.
 * @returns false when the server does not let itself be asked
 */
export function takeHandles(server: Server, accept: (handle: StreamHandle) => void): boolean {
  const listening = (server as unknown as { _handle?: ListeningHandle | null })._handle;
  const ordinary = listening?.onconnection;
  if (listening === undefined || listening === null || typeof ordinary !== "function") return false;
  listening.onconnection = function (status, handle) {
    const isUsual =
      status === 0 && handle !== undefined && methods.every((name) => typeof handle[name] === "function");
    if (isUsual) accept(handle);
    else ordinary.call(this, status, handle);
  };
  return true;
}
