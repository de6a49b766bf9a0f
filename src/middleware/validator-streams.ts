/**
 * wsgi.input, wsgi.errors and wsgi.file_wrapper as the validator gives them to the application (V39-V50 and others).
 * @module
 */
import {
  describeValue,
  isOctets,
  isThenable,
  type ErrorStream,
  type FileWrapper,
  type InputStream,
} from "../bridge/index.ts";
import type { Findings } from "./validator-findings.ts";
import type { ValidationRuleName } from "./validator-rules.ts";

type Octets = Uint8Array;

/**
 * `input` with every call and every answer checked.
 * @param isOver - whether the body has been closed, and the request with it
 */
export function checkedInput(input: InputStream, findings: Findings, isOver: () => boolean): InputStream {
  const begin = (rule: ValidationRuleName, method: string, given: readonly unknown[]): void => {
    const [size] = given;
    if (given.length > 1 || (size !== undefined && !Number.isInteger(size))) {
      const shown = given.map(describeValue).join(", ");
      findings.report(rule, `${method}() was given ${shown}; expected one whole number, or nothing`);
    }
    if (isOver()) {
      findings.report(
        "X2",
        `${method}() was called after the body had been closed: nothing may come any more`,
      );
    }
  };
  const checkOctets = (rule: ValidationRuleName, method: string, value: unknown): void => {
    if (!isOctets(value)) {
      findings.report(rule, `${method}() gave ${describeValue(value)}; expected a Uint8Array`);
    }
  };
  const checkSize = (method: string, value: unknown, size: unknown): void => {
    if (typeof size === "number" && size >= 0 && isOctets(value) && value.length > size) {
      findings.report("S42", `${method}(${size}) gave ${value.length} octets; expected ${size} at most`);
    }
  };
  const iterate = (method: string, iterator: AsyncIterator<Octets>): AsyncIterableIterator<Octets> => ({
    next: () => {
      if (isOver()) findings.report("X2", `${method} went on after the body had been closed`);
      return checkedLater("V42", method, iterator.next(), findings, (step) => {
        if (step.done !== true) checkOctets("V42", method, step.value);
      });
    },
    return: async () => {
      await iterator.return?.();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  });
  const checked: InputStream & { close(): void } = {
    read: (...given) => {
      begin("V39", "read", given);
      return checkedLater("V40", "read", input.read(...given), findings, (octets) => {
        checkOctets("V40", "read", octets);
        checkSize("read", octets, given[0]);
      });
    },
    readline: (...given) => {
      begin("V41", "readline", given);
      return checkedLater("V42", "readline", input.readline(...given), findings, (line) => {
        checkOctets("V42", "readline", line);
        checkSize("readline", line, given[0]);
      });
    },
    readlines: (...given) => {
      begin("V43", "readlines", given);
      return checkedLater("V44", "readlines", input.readlines(...given), findings, (lines) => {
        if (!Array.isArray(lines)) {
          findings.report("V44", `readlines() gave ${describeValue(lines)}; expected an array`);
        } else {
          for (const line of lines) checkOctets("V45", "readlines", line);
        }
      });
    },
    chunks: () => iterate("the iteration of chunks()", input.chunks()),
    [Symbol.asyncIterator]: () => iterate("the iteration of wsgi.input", input[Symbol.asyncIterator]()),
    close: () => {
      findings.report("V46", "wsgi.input was closed; it is the server's to close");
    },
  };
  return withoutExtras(checked, input, "wsgi.input", findings);
}

/** `errors` with every call checked. */
export function checkedErrors(errors: ErrorStream, findings: Findings): ErrorStream {
  const write = (rule: ValidationRuleName, given: readonly unknown[]): void => {
    const [text] = given;
    if (given.length !== 1 || typeof text !== "string") {
      const shown = given.map(describeValue).join(", ");
      findings.report(rule, `wsgi.errors was given ${shown || "nothing"}; expected one string`);
    }
    errors.write(text as string);
  };
  const checked: ErrorStream & { close(): void } = {
    write: (...given) => write("V48", given),
    writelines: (...given) => {
      const [lines] = given as readonly unknown[];
      // A string is an iterable of its characters, and never meant to be.
      if (typeof lines === "string" || !isIterable(lines)) {
        findings.report(
          "V49",
          `writelines() was given ${describeValue(lines)}; expected an array of strings`,
        );
      } else {
        for (const line of lines) write("V49", [line]);
        return;
      }
      errors.writelines(...given);
    },
    flush: () => errors.flush(),
    close: () => {
      findings.report("V50", "wsgi.errors was closed; it is the server's to close");
    },
  };
  return withoutExtras(checked, errors, "wsgi.errors", findings);
}

/** `wrapper` with every call checked. What it is given is not wrapped: the server may know it. */
export function checkedFileWrapper(wrapper: FileWrapper, findings: Findings): FileWrapper {
  return (...given) => {
    const [file, blockSize] = given as readonly unknown[];
    const isFile =
      typeof file === "object" &&
      file !== null &&
      (typeof (file as { read?: unknown }).read === "function" || Symbol.asyncIterator in file);
    if (!isFile) {
      findings.report(
        "A39",
        `wsgi.file_wrapper was given ${describeValue(file)}; expected something with read()`,
      );
    }
    if (given.length > 2 || (blockSize !== undefined && !Number.isInteger(blockSize))) {
      const shown = given.slice(1).map(describeValue).join(", ");
      findings.report("A39", `wsgi.file_wrapper was given ${shown} behind the file; expected a block size`);
    }
    return wrapper(...given);
  };
}

/** Checks what a promise gives. What it rejects with is passed on as it is. */
function checkedLater<Value>(
  rule: ValidationRuleName,
  method: string,
  promise: Promise<Value>,
  findings: Findings,
  check: (value: Value) => void,
): Promise<Value> {
  if (!isThenable(promise)) {
    findings.report(rule, `${method}() gave ${describeValue(promise)}; expected a promise`);
  }
  const checked = Promise.resolve(promise).then((value) => {
    check(value);
    return value;
  });
  // A read that nobody awaits must not end the process when the client goes: this promise is new, and has no handler.
  checked.catch(ignore);
  return checked;
}

/** `checked`, which speaks up when something is asked of it that only the server's own stream has. */
function withoutExtras<Stream extends object>(
  checked: Stream,
  stream: object,
  key: string,
  findings: Findings,
): Stream {
  return new Proxy(checked, {
    get(target, name, receiver) {
      if (Object.hasOwn(target, name) || !(name in stream))
        return Reflect.get(target, name, receiver) as unknown;
      const value: unknown = Reflect.get(stream, name);
      // Every object has these; a stream's own toString() knows more than the wrapper's.
      if (name in Object.prototype) return typeof value === "function" ? value.bind(stream) : value;
      if (typeof name === "string") {
        findings.report(
          "V47",
          `${name} of ${key} was used, which is this server's own and not the convention's`,
        );
      }
      return value;
    },
  });
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof (value as Partial<Iterable<unknown>> | null | undefined)?.[Symbol.iterator] === "function";
}

function ignore(): void {}
