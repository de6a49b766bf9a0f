/** `wsgi.input`: PEP 3333 "Input and Error Streams" on the reading side, and where a body ends (H5). */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BodyQueue, type InputStream } from "../../src/bridge/index.ts";
import { QueueInputStream } from "../../src/bridge/input-stream.ts";
import { gone, octets, textOf } from "./hosted.ts";

/** A stream over chunks that have all come; `ended` false: the body goes on. */
function streamOf(
  chunks: readonly string[],
  declared?: number,
  ended = true,
): { input: InputStream; queue: BodyQueue } {
  const queue = new BodyQueue(65_536);
  queue.expect(declared, Infinity);
  for (const chunk of chunks) queue.push(octets(chunk));
  if (ended) queue.end();
  return { input: new QueueInputStream(queue), queue };
}

const texts = (chunks: readonly Uint8Array[]): string[] => chunks.map(textOf);

async function all(chunks: AsyncIterable<Uint8Array>): Promise<string[]> {
  const seen: string[] = [];
  for await (const chunk of chunks) seen.push(textOf(chunk));
  return seen;
}

describe("reading", () => {
  it("S42 read(size) gives exactly so many octets, fewer only at the end", async () => {
    const { input } = streamOf(["abc", "defg"]);
    expect(
      texts([await input.read(2), await input.read(3), await input.read(10), await input.read(10)]),
    ).toEqual(["ab", "cde", "fg", ""]);
  });

  it.each([[undefined], [-1], [Number.NaN], [Infinity]])("S50 read(%s) gives the rest", async (size) => {
    const { input } = streamOf(["abc", "def"]);
    await input.read(1);
    expect(textOf(await input.read(size))).toBe("bcdef");
  });

  it("S42 read(0) gives nothing and waits for nothing", async () => {
    const { input } = streamOf([], undefined, false);
    expect(await input.read(0)).toHaveLength(0);
  });

  it("S43 S52 readline() gives a line with its end, readline(size) at most so much of it", async () => {
    const { input } = streamOf(["a\nb", "c\n\nde"]);
    const lines = [];
    for (let i = 0; i < 5; i += 1) lines.push(textOf(await input.readline()));
    expect(lines).toEqual(["a\n", "bc\n", "\n", "de", ""]);
    const sized = streamOf(["abcdef\nx"]).input;
    expect(texts([await sized.readline(3), await sized.readline(4), await sized.readline(9)])).toEqual([
      "abc",
      "def\n",
      "x",
    ]);
  });

  it("S44 S53 readlines() gives all lines, readlines(hint) stops once it has so much", async () => {
    expect(texts(await streamOf(["a\nb\nc"]).input.readlines())).toEqual(["a\n", "b\n", "c"]);
    const { input } = streamOf(["a\nb\nc\n"]);
    expect(texts(await input.readlines(3))).toEqual(["a\n", "b\n"]);
    expect(texts(await input.readlines(0))).toEqual(["c\n"]);
    expect(await input.readlines()).toEqual([]);
  });

  it("S45 iterates by line", async () => {
    expect(await all(streamOf(["a\nb", "\nc"]).input)).toEqual(["a\n", "b\n", "c"]);
  });

  it("chunks() gives what comes as it comes, large pushes without a copy", async () => {
    const large = Buffer.alloc(5_000, "x");
    const queue = new BodyQueue(65_536);
    queue.push(large);
    queue.push(octets("y"));
    queue.end();
    const seen = [];
    for await (const chunk of new QueueInputStream(queue).chunks()) seen.push(chunk);
    expect(seen[0]?.buffer).toBe(large.buffer);
    expect(seen.map((chunk) => chunk.length)).toEqual([5_000, 1]);
  });

  it("chunks() waits for what has not come, and can be left in the middle", async () => {
    const { input, queue } = streamOf(["ab"], undefined, false);
    for await (const chunk of input.chunks()) {
      expect(textOf(chunk)).toBe("ab");
      break;
    }
    const rest = all(input.chunks());
    queue.push(octets("cd"));
    await Promise.resolve();
    queue.end();
    expect((await rest).join("")).toBe("cd");
  });

  it("S51 an empty or exhausted stream gives empty octets, again and again", async () => {
    const { input } = streamOf([]);
    for (let i = 0; i < 2; i += 1) {
      expect(await input.read()).toHaveLength(0);
      expect(await input.read(5)).toHaveLength(0);
      expect(await input.readline()).toHaveLength(0);
      expect(await all(input)).toEqual([]);
      expect(await all(input.chunks())).toEqual([]);
    }
  });

  it("S55 S84 gives octets, not strings, and all that come are of one kind", async () => {
    const { input } = streamOf(["\u00e9\n"]);
    const read = await input.read();
    expect(read).toBeInstanceOf(Uint8Array);
    expect([...read]).toEqual([0xc3, 0xa9, 0x0a]);
    const queue = new BodyQueue(65_536);
    for (const chunk of [new Uint8Array(2_000), Buffer.alloc(2_000), new Uint8Array(1)]) queue.push(chunk);
    queue.end();
    const kinds = new Set<unknown>();
    for await (const chunk of new QueueInputStream(queue).chunks()) kinds.add(chunk.constructor);
    expect([...kinds]).toEqual([Buffer]);
  });

  it("A12 A13 has no method but those of the convention, and none that closes it", () => {
    const names = Reflect.ownKeys(QueueInputStream.prototype).filter((key) => key !== "constructor");
    expect(names).toEqual(["read", "readline", "readlines", "chunks", Symbol.asyncIterator]);
    expect(Object.keys(streamOf([]).input)).toEqual([]);
  });

  it("serves no read before an earlier one, even if what it needs is here", async () => {
    const { input, queue } = streamOf([], undefined, false);
    const first = input.read(10);
    queue.push(octets("abc"));
    const second = input.read(2);
    const third = input.chunks().next();
    queue.push(octets("defghijklmn"));
    queue.end();
    expect(texts([await first, await second])).toEqual(["abcdefghij", "kl"]);
    expect((await third).value).toHaveLength(2);
  });

  it("serves reads that were started together in their order", async () => {
    const { input, queue } = streamOf([], undefined, false);
    const reads = [input.read(2), input.readline(), input.read(1), input.readlines(), input.read()];
    queue.push(octets("ab"));
    queue.push(octets("c\nd"));
    queue.push(octets("e\nf"));
    queue.end();
    const [first, line, one, lines, rest] = await Promise.all(reads);
    expect([first, line, one, rest].map((each) => textOf(each as Uint8Array))).toEqual([
      "ab",
      "c\n",
      "d",
      "",
    ]);
    expect(texts(lines as Uint8Array[])).toEqual(["e\n", "f"]);
  });

  it("S42-S52 agrees with a file of the same octets, however they come and whatever is asked", async () => {
    const chunk = fc.string({ unit: fc.constantFrom("a", "b", "\n"), maxLength: 6 });
    const size = fc.option(fc.nat(8), { nil: undefined });
    const call = fc.tuple(fc.constantFrom("read", "readline", "readlines", "chunk", "line"), size);
    await fc.assert(
      fc.asyncProperty(fc.array(chunk), fc.array(call), fc.boolean(), async (chunks, calls, late) => {
        const { input, queue } = streamOf(late ? [] : chunks, undefined, !late);
        const file = new ModelFile(chunks.join(""));
        if (late) {
          void (async () => {
            for (const each of chunks) {
              await Promise.resolve();
              queue.push(octets(each));
            }
            queue.end();
          })();
        }
        for (const [method, max] of calls) {
          if (method === "read") expect(textOf(await input.read(max))).toBe(file.read(max));
          else if (method === "readline") expect(textOf(await input.readline(max))).toBe(file.readline(max));
          else if (method === "readlines")
            expect(texts(await input.readlines(max))).toEqual(file.readlines(max));
          else if (method === "line") {
            const { value, done } = await input[Symbol.asyncIterator]().next();
            expect(done ? "" : textOf(value)).toBe(file.readline());
          } else {
            const { value, done } = await input.chunks().next();
            const text = done ? "" : textOf(value as Uint8Array);
            expect(file.read(text.length)).toBe(text);
            expect(text === "").toBe(done === true);
          }
        }
        expect(textOf(await input.read())).toBe(file.read());
      }),
      { numRuns: 200 },
    );
  });
});

/** The same three methods over a string, as Python's io.BytesIO has them. */
class ModelFile {
  #rest: string;
  constructor(text: string) {
    this.#rest = text;
  }
  read(size = Infinity): string {
    const taken = this.#rest.slice(0, size);
    this.#rest = this.#rest.slice(taken.length);
    return taken;
  }
  readline(size = Infinity): string {
    const newline = this.#rest.indexOf("\n");
    return this.read(Math.min(newline === -1 ? Infinity : newline + 1, size));
  }
  readlines(hint?: number): string[] {
    const lines: string[] = [];
    const enough = hint === undefined || hint === 0 ? Infinity : hint;
    while (this.#rest !== "" && lines.join("").length < enough) lines.push(this.readline());
    return lines;
  }
}

describe("where the body ends", () => {
  it("S49 A11 H5 nothing is given past CONTENT_LENGTH", async () => {
    const { input, queue } = streamOf(["abc", "defg"], 5);
    expect(textOf(await input.read())).toBe("abcde");
    expect(queue.bufferedOctets).toBe(0);
    expect(await input.read()).toHaveLength(0);
  });

  it("S49 its end is known by CONTENT_LENGTH, before the carrier says so", async () => {
    const { input } = streamOf(["abc"], 3, false);
    expect(textOf(await input.read())).toBe("abc");
    expect(await input.readline()).toHaveLength(0);
    expect(await streamOf([], 0, false).input.read()).toHaveLength(0);
    const late = streamOf([], 3, false);
    const read = late.input.read();
    late.queue.push(octets("abc"));
    expect(textOf(await read)).toBe("abc");
  });

  it("H5 one that ends before CONTENT_LENGTH gives what it has, then rejects ERR_BODY_TRUNCATED", async () => {
    const { input } = streamOf(["ab\ncd"], 10);
    expect(textOf(await input.readline())).toBe("ab\n");
    expect(textOf(await input.read(2))).toBe("cd");
    const refused = {
      code: "ERR_BODY_TRUNCATED",
      message: expect.stringContaining("5 of the 10 octets") as string,
    };
    await expect(input.read()).rejects.toMatchObject(refused);
    await expect(input.readlines()).rejects.toMatchObject(refused);
    await expect(all(input.chunks())).rejects.toMatchObject(refused);
    await expect(all(input)).rejects.toMatchObject(refused);
    await expect(streamOf(["ab"], 10).input.read()).rejects.toMatchObject({ code: "ERR_BODY_TRUNCATED" });
  });

  it("an aborted one rejects every read with the reason, those under way first", async () => {
    const { input, queue } = streamOf(["ab"], 10, false);
    const reads = [input.read(), input.readline(), all(input.chunks())];
    const reason = gone();
    queue.fail(reason);
    for (const read of reads) await expect(read).rejects.toBe(reason);
    await expect(input.read()).rejects.toBe(reason);
  });

  it("an abort after the whole body has come takes nothing away", async () => {
    const { input, queue } = streamOf(["abc"], 3, false);
    queue.fail(gone());
    expect(textOf(await input.read())).toBe("abc");
  });

  it("one of unknown length that passes the limit rejects ERR_LIMIT_BODY", async () => {
    const queue = new BodyQueue(65_536);
    queue.expect(undefined, 3);
    const input = new QueueInputStream(queue);
    queue.push(octets("abc"));
    expect(textOf(await input.read(3))).toBe("abc");
    queue.push(octets("d"));
    await expect(input.read()).rejects.toMatchObject({
      code: "ERR_LIMIT_BODY",
      limit: "maxBodyOctets",
      allowed: 3,
      actual: 4,
    });
  });

  it("reading on after the answer had ended rejects ERR_RESPONSE_ENDED, and does not hang", async () => {
    const { input, queue } = streamOf(["ab"], 10, false);
    const pending = input.read();
    queue.discard();
    await expect(pending).rejects.toMatchObject({ code: "ERR_RESPONSE_ENDED" });
    await expect(input.readline()).rejects.toMatchObject({ code: "ERR_RESPONSE_ENDED" });
  });

  it("a read that nobody awaits does not end the process when the peer goes", async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown): void => void unhandled.push(reason);
    process.on("unhandledRejection", note);
    try {
      const { input, queue } = streamOf([], 10, false);
      void input.read();
      void input.readline();
      void input.readlines();
      void input.chunks().next();
      void input[Symbol.asyncIterator]().next();
      queue.fail(gone());
      // Node.js reports once the microtasks of a turn are done.
      await new Promise((resolve) => setImmediate(resolve));
      expect(unhandled).toEqual([]);
    } finally {
      process.off("unhandledRejection", note);
    }
  });
});
