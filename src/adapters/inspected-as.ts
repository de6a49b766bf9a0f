/**
 * What console.log shows of an object whose fields are private.
 * @module
 */

type Inspect = (value: unknown, options: unknown) => string;

/** Has instances of a class shown as `label { field: value, ... }`. */
export function inspectAs<Instance>(
  prototype: Instance,
  label: string,
  fields: (instance: Instance) => Readonly<Record<string, unknown>>,
): void {
  Object.defineProperty(prototype, Symbol.for("nodejs.util.inspect.custom"), {
    configurable: true,
    value(this: Instance, _depth: unknown, options: unknown, inspect: Inspect): string {
      return `${label} ${inspect(fields(this), options)}`;
    },
  });
}
