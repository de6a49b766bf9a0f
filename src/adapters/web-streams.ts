/**
 * What can be asked of a ReadableStream without touching it.
 * @module
 */

/** True for what is read through `getReader`. */
export function isReadableStream(value: unknown): value is ReadableStream<Uint8Array> {
  return typeof value === "object" && value !== null && "getReader" in value;
}

/** Whether a stream has been read from or cancelled. node:stream is not loaded before it is asked. */
export function isDisturbed(stream: ReadableStream): boolean {
  return process
    .getBuiltinModule("node:stream")
    .Readable.isDisturbed(stream as unknown as NodeJS.ReadableStream);
}
