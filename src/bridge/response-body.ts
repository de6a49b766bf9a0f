/**
 * What an application returned: is it a body, how is it iterated, how is it closed.
 *
 * PEP 3333 A4, S13, S15. It sends nothing.
 * @module
 */
import { ResponseError } from "../errors/index.ts";
import { isOctets } from "./answer.ts";
import { describeValue } from "./log-line.ts";

/** Either kind of iterator, as far as it is used. */
export interface BodyIterator {
  next(): unknown;
  return?(): unknown;
}

/** How to go through a body. */
export type Iteration =
  | { readonly kind: "sync"; readonly iterator: Iterator<unknown> }
  | { readonly kind: "async"; readonly iterator: AsyncIterator<unknown> };

/** True for promises of any make. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function"
  );
}

/** How a body is iterated, without beginning to: some begin to work when they are. An array is "sync". */
export function bodyKind(body: unknown): Iteration["kind"] | "none" {
  // A string is an iterable of strings and a Uint8Array one of numbers: both are a body without its brackets.
  if (typeof body !== "object" || body === null || isOctets(body)) return "none";
  const { [Symbol.asyncIterator]: asynchronous, [Symbol.iterator]: synchronous } = body as {
    [Symbol.asyncIterator]?: unknown;
    [Symbol.iterator]?: unknown;
  };
  if (typeof asynchronous === "function") return "async";
  return typeof synchronous === "function" ? "sync" : "none";
}

/**
 * Begins to iterate a body that is no array.
 * @throws ResponseError ERR_RESPONSE_BODY when it is no iterable of chunks
 */
export function iterate(body: unknown): Iteration {
  switch (bodyKind(body)) {
    case "async":
      return { kind: "async", iterator: (body as AsyncIterable<unknown>)[Symbol.asyncIterator]() };
    case "sync":
      return { kind: "sync", iterator: (body as Iterable<unknown>)[Symbol.iterator]() };
    case "none":
      throw notIterable(body);
  }
}

function notIterable(body: unknown): ResponseError {
  return new ResponseError(
    "ERR_RESPONSE_BODY",
    `the application returned ${describeValue(body)}; expected an array or another iterable of Uint8Array${hint(body)}`,
  );
}

function hint(body: unknown): string {
  if (typeof body === "string") return ": [new TextEncoder().encode(text)]";
  if (isOctets(body)) return ": put it into an array, [octets]";
  if (body === undefined) return ": is a return statement missing? An empty body is []";
  return "";
}

/**
 * Closes a body: ends its iterator early where it has not ended (a generator then runs its `finally` blocks), and
 * calls `close` where there is one. Both are called before this returns; what they reject with or throw is given to
 * `report`.
 * @returns a promise when something has still to settle
 */
export function closeBody(
  body: unknown,
  iterator: BodyIterator | undefined,
  report: (error: unknown) => void,
): Promise<void> | undefined {
  const returned = callGuarded(iterator, "return", report);
  const closed = callGuarded(body, "close", report);
  if (returned === undefined) return closed;
  return closed === undefined ? returned : returned.then(() => closed);
}

function callGuarded(
  target: unknown,
  name: "close" | "return",
  report: (error: unknown) => void,
): Promise<void> | undefined {
  if (target === undefined || target === null) return undefined;
  try {
    const method = (target as Record<string, unknown>)[name];
    if (typeof method !== "function") return undefined;
    const result: unknown = Reflect.apply(method, target, []);
    if (!isThenable(result)) return undefined;
    return Promise.resolve(result).then(ignore, report);
  } catch (error) {
    report(error);
    return undefined;
  }
}

function ignore(): void {}
