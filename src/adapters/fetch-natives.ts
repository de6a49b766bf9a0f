/**
 * Node's own Request, Response and Headers, which the lazy classes stand in front of.
 *
 * Node compiles them when one of the globals is first looked at, which takes 18 ms: too long for a CGI script that
 * needs none of them. So the originals are taken from the globals' descriptors, and looked at only on need. Whoever
 * else looks has them joined to the lazy classes at that moment: `instanceof` then says what it should.
 * @module
 */

/** The globals that are stood in front of. */
export interface NativeClasses {
  readonly Headers: typeof Headers;
  readonly Request: typeof Request;
  readonly Response: typeof Response;
}

type NativeName = keyof NativeClasses;

/** The globals as they were found; what replaces them is never asked for its original. */
const descriptors: Record<NativeName, PropertyDescriptor | undefined> = {
  Headers: Object.getOwnPropertyDescriptor(globalThis, "Headers"),
  Request: Object.getOwnPropertyDescriptor(globalThis, "Request"),
  Response: Object.getOwnPropertyDescriptor(globalThis, "Response"),
};

const found: { [Name in NativeName]?: NativeClasses[Name] } = {};
const joined: { [Name in NativeName]?: (native: NativeClasses[Name]) => void } = {};

/** Node's own class. */
export function nativeClass<Name extends NativeName>(name: Name): NativeClasses[Name] {
  const known: NativeClasses[Name] | undefined = found[name];
  if (known !== undefined) return known;
  const descriptor = descriptors[name];
  const replacement = Object.getOwnPropertyDescriptor(globalThis, name);
  const native = (
    descriptor?.get === undefined ? descriptor?.value : Reflect.apply(descriptor.get, globalThis, [])
  ) as NativeClasses[Name];
  // Node's accessor puts what it has loaded in its own place, which by now is somebody else's.
  if (descriptor?.get !== undefined && replacement !== undefined && replacement.get !== descriptor.get) {
    Object.defineProperty(globalThis, name, replacement);
  }
  (found as Record<NativeName, unknown>)[name] = native;
  joined[name]?.(native);
  return native;
}

/** Has `join` called when Node's class is there: at once, if it is already. One for each class. */
export function whenNativeLoads<Name extends NativeName>(
  name: Name,
  join: (native: NativeClasses[Name]) => void,
): void {
  (joined as Record<NativeName, unknown>)[name] = join;
  const native: NativeClasses[Name] | undefined = found[name];
  if (native !== undefined) join(native);
  else if (descriptors[name]?.get === undefined) nativeClass(name);
}

/** Joins what somebody has looked at since this module was loaded: it costs nothing any more. */
export function joinLoadedClasses(): void {
  for (const name of ["Headers", "Request", "Response"] as const) {
    if (Object.getOwnPropertyDescriptor(globalThis, name)?.get === undefined) nativeClass(name);
  }
}
