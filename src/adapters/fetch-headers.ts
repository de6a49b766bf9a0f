/**
 * Headers without undici: those of a lazy Request, read from the environ as they are asked for, and of a lazy Response.
 *
 * All of the Fetch standard's Headers (section 5.1) but its guards, which only browsers need. Names are kept in lower
 * case and in the order they came; iteration sorts them, as the standard has it.
 * @module
 */
import type { Environ } from "../bridge/index.ts";
import { headerOfEnviron, headersOfEnviron } from "./environ-headers.ts";
import { whenNativeLoads } from "./fetch-natives.ts";
import { inspectAs } from "./inspected-as.ts";

type HeadersSource = ConstructorParameters<typeof Headers>[0];

const setCookie = "set-cookie";

/** 1 for each octet that a field name may have: RFC 9110 section 5.6.2, `token`. 2: an upper-case letter. */
const nameOctets = new Uint8Array(128);
for (const octet of "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz")
  nameOctets[octet.charCodeAt(0)] = 1;
for (const octet of "ABCDEFGHIJKLMNOPQRSTUVWXYZ") nameOctets[octet.charCodeAt(0)] = 2;

/** Names that were found in order, as they were given, and in lower case. Applications have few of them. */
const knownNames = new Map<string, string>();
const maxKnownNames = 256;

/** The name in lower case. */
function normaliseName(value: unknown): string {
  const known = knownNames.get(value as string);
  if (known !== undefined) return known;
  const name = makeName(value);
  if (typeof value === "string" && knownNames.size < maxKnownNames) knownNames.set(value, name);
  return name;
}

function makeName(value: unknown): string {
  const name = typeof value === "string" ? value : String(value);
  let upper = false;
  let valid = name.length > 0;
  for (let i = 0; i < name.length; i += 1) {
    const kind = nameOctets[name.charCodeAt(i)];
    if (kind === 2) upper = true;
    else if (kind !== 1) valid = false;
  }
  if (!valid) throw new TypeError(`Headers: ${JSON.stringify(name)} is an invalid header name.`);
  return upper ? name.toLowerCase() : name;
}

/** The value as a header has it. */
function normaliseValue(value: unknown): string {
  const text = trimValue(typeof value === "string" ? value : String(value));
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code > 0xff || code === 0 || code === 10 || code === 13) {
      throw new TypeError(
        `Headers: the value ${JSON.stringify(text)} is no header value: a character past U+00FF, or CR, LF or NUL.`,
      );
    }
  }
  return text;
}

/** The text without white space at its ends. */
function trimValue(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isWhiteSpace(text.charCodeAt(start))) start += 1;
  while (start < end && isWhiteSpace(text.charCodeAt(end - 1))) end -= 1;
  return end - start === text.length ? text : text.slice(start, end);
}

function isWhiteSpace(code: number): boolean {
  return code === 32 || code === 9 || code === 13 || code === 10;
}

/** A header list that behaves as the global Headers does, and is an instance of it. */
export class LazyHeaders {
  /** Lower-case names and values in turn; each name once, `set-cookie` aside. Undefined: still in the environ. */
  #list: string[] | undefined = [];
  #environ: Environ | undefined = undefined;
  /** The list as iterations go through it; made anew after each change. */
  #sortedPairs: ReadonlyArray<[string, string]> | undefined = undefined;

  /** @throws TypeError for a name or a value that no header can have */
  constructor(init?: HeadersSource) {
    if (init === undefined) return;
    const given: unknown = init;
    if (typeof given !== "object" || given === null) {
      throw new TypeError("Headers: expected an object, or a sequence of [name, value] pairs.");
    }
    // Again, as undici does: two empty values that were appended are ", ", whose copy is ",".
    if (#list in given) this.#list = (given as LazyHeaders).#entries().map(trimValue);
    else if (Symbol.iterator in given) this.#fillPairs(given as Iterable<Iterable<unknown>>);
    else this.#fillRecord(given as Record<string, unknown>);
  }

  /** The headers of a request; nothing is read before it is asked for. */
  static ofEnviron(environ: Environ): LazyHeaders {
    const headers = new LazyHeaders();
    headers.#list = undefined;
    headers.#environ = environ;
    return headers;
  }

  /** Lower-case names and values in turn, not sorted; undefined for what is no LazyHeaders. Not to be changed. */
  static listOf(headers: object): readonly string[] | undefined {
    return #list in headers ? headers.#entries() : undefined;
  }

  /** Adds a header unless there is one of that name; both are in order already. @internal */
  static addDefault(headers: LazyHeaders, name: string, value: string): void {
    const list = headers.#changing();
    for (let i = 0; i < list.length; i += 2) if (list[i] === name) return;
    list.push(name, value);
  }

  append(name: string, value: string): void {
    this.#append(normaliseName(name), normaliseValue(value));
  }

  delete(name: string): void {
    this.#remove(normaliseName(name));
  }

  get(name: string): string | null {
    const list = this.#list;
    if (list === undefined) {
      return headerOfEnviron(this.#environ!, name) ?? (normaliseName(name), null);
    }
    const key = normaliseName(name);
    let value: string | null = null;
    for (let i = 0; i < list.length; i += 2) {
      if (list[i] === key) {
        if (key !== setCookie) return list[i + 1]!;
        value = value === null ? list[i + 1]! : `${value}, ${list[i + 1]!}`;
      }
    }
    return value;
  }

  getSetCookie(): string[] {
    const list = this.#entries();
    return list.filter((_, index) => index % 2 === 1 && list[index - 1] === setCookie);
  }

  has(name: string): boolean {
    return this.get(name) !== null;
  }

  set(name: string, value: string): void {
    const key = normaliseName(name);
    const text = normaliseValue(value);
    const list = this.#changing();
    const at = list.findIndex((each, index) => index % 2 === 0 && each === key);
    if (at === -1) {
      list.push(key, text);
      return;
    }
    list[at + 1] = text;
    if (key === setCookie) {
      for (let i = list.length - 2; i > at; i -= 2) if (list[i] === key) list.splice(i, 2);
    }
  }

  forEach(callback: (value: string, name: string, headers: Headers) => void, thisArgument?: unknown): void {
    if (typeof callback !== "function") throw new TypeError("Headers.forEach: expected a function.");
    for (const [name, value] of this.entries()) {
      Reflect.apply(callback, thisArgument, [value, name, this]);
    }
  }

  *entries(): HeadersIterator<[string, string]> {
    // By index into a list that is sorted anew: a change during the iteration is seen, as in undici.
    for (let i = 0; ; i += 1) {
      const pair = this.#sorted()[i];
      if (pair === undefined) return undefined;
      yield [...pair];
    }
  }

  *keys(): HeadersIterator<string> {
    for (const [name] of this.entries()) yield name;
    return undefined;
  }

  *values(): HeadersIterator<string> {
    for (const [, value] of this.entries()) yield value;
    return undefined;
  }

  [Symbol.iterator](): HeadersIterator<[string, string]> {
    return this.entries();
  }

  get [Symbol.toStringTag](): string {
    return "Headers";
  }

  #entries(): string[] {
    return (this.#list ??= headersOfEnviron(this.#environ!));
  }

  /** The list, about to be changed. */
  #changing(): string[] {
    this.#sortedPairs = undefined;
    return this.#entries();
  }

  #sorted(): ReadonlyArray<[string, string]> {
    if (this.#sortedPairs !== undefined) return this.#sortedPairs;
    const list = this.#entries();
    const pairs: Array<[string, string]> = [];
    for (let i = 0; i < list.length; i += 2) pairs.push([list[i]!, list[i + 1]!]);
    // Stable: cookies keep their order.
    pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    this.#sortedPairs = pairs;
    return pairs;
  }

  #append(key: string, value: string): void {
    const list = this.#changing();
    if (key !== setCookie) {
      for (let i = 0; i < list.length; i += 2) {
        if (list[i] === key) {
          list[i + 1] = `${list[i + 1]!}${key === "cookie" ? "; " : ", "}${value}`;
          return;
        }
      }
    }
    list.push(key, value);
  }

  #remove(key: string): void {
    const list = this.#changing();
    for (let i = list.length - 2; i >= 0; i -= 2) if (list[i] === key) list.splice(i, 2);
  }

  #fillPairs(pairs: Iterable<Iterable<unknown>>): void {
    for (const pair of pairs) {
      if (typeof pair !== "object" || pair === null)
        throw new TypeError("Headers: expected [name, value] pairs.");
      const [name, value, ...more] = pair;
      if (value === undefined || more.length > 0) {
        throw new TypeError("Headers: expected pairs of exactly two, a name and a value.");
      }
      this.#append(normaliseName(name), normaliseValue(value));
    }
  }

  #fillRecord(record: Record<string, unknown>): void {
    for (const name of Object.keys(record)) this.#append(normaliseName(name), normaliseValue(record[name]));
  }
}

type HeadersIterator<Item> = Generator<Item, undefined, undefined>;

whenNativeLoads("Headers", (native) => Object.setPrototypeOf(LazyHeaders.prototype, native.prototype));
inspectAs(LazyHeaders.prototype, "Headers", (headers) => Object.fromEntries(headers.entries()));
