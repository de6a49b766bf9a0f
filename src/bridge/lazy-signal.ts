/**
 * `tsgi.signal` as an accessor that makes its AbortSignal when it is first looked at. An AbortController costs 2 to 3
 * microseconds, nearly as much as the rest of the environ, and most applications never ask for it; this costs about 0.2.
 * @module
 */

const sourceKey = Symbol("source of tsgi.signal");

interface SignalSource {
  make: (() => AbortSignal) | undefined;
  signal: AbortSignal | undefined;
}

// One accessor for all environs, so that they share a hidden class; closures of their own would each force a
// dictionary (measured: 0.5 us against 0.14).
const accessor: PropertyDescriptor & ThisType<{ [sourceKey]: SignalSource }> = {
  enumerable: true,
  configurable: true,
  get() {
    const source = this[sourceKey];
    if (source.make !== undefined) {
      source.signal = source.make();
      source.make = undefined;
    }
    return source.signal;
  },
  set(value: unknown) {
    Object.defineProperty(this, "tsgi.signal", {
      value,
      writable: true,
      enumerable: true,
      configurable: true,
    });
  },
};

/**
 * Gives `environ` its `tsgi.signal`: enumerable, made by the first look, the same ever after, replaced by assignment.
 * A copy (`{ ...environ }`) is a look.
 */
export function defineLazySignal(environ: object, make: () => AbortSignal): void {
  Object.defineProperty(environ, sourceKey, { value: { make, signal: undefined } });
  Object.defineProperty(environ, "tsgi.signal", accessor);
}
