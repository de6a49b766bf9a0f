/**
 * `tsgi.signal` as an accessor that makes its AbortSignal when it is first looked at. An AbortController costs 1 to 2
 * microseconds, as much as half of the environ, and most applications never ask for it; this costs about 0.3.
 * @module
 */

/** Gives back what it is given, so that a class that extends it puts its private field into that object. */
const Given = function (given: object): object {
  return given;
} as unknown as new (given: object) => object;

/** Keeps what makes the signal in the environ itself, where no look, copy or comparison finds it. */
class Source extends Given {
  readonly #make: () => AbortSignal;
  #signal: AbortSignal | undefined;

  constructor(environ: object, make: () => AbortSignal) {
    super(environ);
    this.#make = make;
  }

  /** The signal of `environ`, or of what it inherits from. */
  static signal(environ: object): AbortSignal | undefined {
    for (let owner: object | null = environ; owner !== null; owner = Reflect.getPrototypeOf(owner)) {
      if (#make in owner) return (owner.#signal ??= owner.#make());
    }
    return undefined;
  }
}

// One accessor for all environs, so that they share a hidden class; closures of their own would each force a
// dictionary (measured: 0.5 us against 0.14).
const accessor: PropertyDescriptor & ThisType<object> = {
  enumerable: true,
  configurable: true,
  get() {
    return Source.signal(this);
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
  void new Source(environ, make);
  Object.defineProperty(environ, "tsgi.signal", accessor);
}
