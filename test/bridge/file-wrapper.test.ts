/** `wsgi.file_wrapper`: PEP 3333 "Optional Platform-Specific File Handling". */
import { createReadStream, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fileWrapper, type Environ, type FileLike } from "../../src/bridge/index.ts";
import {
  answering,
  gone,
  octets,
  RecordingSink,
  run,
  start,
  textOf,
  type LooseApplication,
} from "./hosted.ts";

const content = "0123456789".repeat(1_000);
let directory = "";
let path = "";

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "tsgi-file-"));
  path = join(directory, "file");
  writeFileSync(path, content);
});
afterAll(() => rmSync(directory, { recursive: true }));

/** A file of the plainest kind, which counts what is done with it. */
class PlainFile implements FileLike {
  readonly sizes: number[] = [];
  closed = 0;
  #rest: string;
  constructor(text: string) {
    this.#rest = text;
  }
  read(size: number): Uint8Array | null {
    this.sizes.push(size);
    const chunk = this.#rest.slice(0, size);
    this.#rest = this.#rest.slice(size);
    return chunk === "" ? null : octets(chunk);
  }
  close(): void {
    this.closed += 1;
  }
}

const sending =
  (file: unknown, blockSize?: number, headers: Array<[string, string]> = []): LooseApplication =>
  (environ: Environ, startResponse) =>
    answering(environ["wsgi.file_wrapper"](file as FileLike, blockSize), headers)(environ, startResponse);

describe("wsgi.file_wrapper", () => {
  it("S99 S100 S101 takes a file and a block size, or the file alone, and returns an iterable", async () => {
    const file = new PlainFile("abcde");
    const { sink, finished } = await run(sending(file, 2));
    await finished;
    expect(sink.order).toEqual(["head 200 OK", "body ab", "body cd", "body e", "end complete"]);
    expect([file.sizes, file.closed]).toEqual([[2, 2, 2, 2], 1]);
    const byDefault = new PlainFile("abc");
    await run(sending(byDefault));
    expect(byDefault.sizes[0]).toBe(65_536);
    expect(fileWrapper(new PlainFile(""))[Symbol.asyncIterator as never]).toBeTypeOf("function");
  });

  it.each([[0], [-1], [Number.NaN], ["7"]])("S100 the block size %s is ignored", async (blockSize) => {
    const file = new PlainFile("abc");
    await run(sending(file, blockSize as number));
    expect(file.sizes[0]).toBe(65_536);
  });

  it("S102 S105 nothing is read before the application has returned it", async () => {
    const file = new PlainFile("abc");
    let readEarly: number | undefined;
    await run(async (environ: Environ, startResponse) => {
      const body = environ["wsgi.file_wrapper"](file);
      await new Promise((resolve) => setImmediate(resolve));
      readEarly = file.sizes.length;
      return answering(body)(environ, startResponse);
    });
    expect([readEarly, file.sizes.length > 0]).toEqual([0, true]);
  });

  it("S104 S108 a node:fs/promises FileHandle, which is closed", async () => {
    const handle = await open(path);
    const { sink, finished } = await run(sending(handle, 4_096));
    await finished;
    expect(sink.text).toBe(content);
    expect(sink.order).toHaveLength(2 + Math.ceil(content.length / 4_096));
    await expect(handle.stat()).rejects.toMatchObject({ code: "EBADF" });
  });

  it("S106 begins where the file stands", async () => {
    const handle = await open(path);
    await handle.read({ buffer: Buffer.alloc(9_995) });
    expect((await run(sending(handle))).sink.text).toBe("56789");
  });

  it("S106 ends at Content-Length, and closes the file", async () => {
    const handle = await open(path);
    const { sink, finished } = await run(sending(handle, 10, [["Content-Length", "15"]]));
    await finished;
    expect([sink.text, sink.complete]).toEqual([content.slice(0, 15), true]);
    await expect(handle.stat()).rejects.toMatchObject({ code: "EBADF" });
  });

  it("S107 makes no Content-Length of its own: a file may grow while it is sent", async () => {
    const handle = await open(path);
    expect((await run(sending(handle))).sink.header("content-length")).toBeUndefined();
  });

  it.each<[string, () => unknown, string]>([
    ["a read stream", () => createReadStream(path, { start: 9_990 }), "0123456789"],
    ["a Readable", () => Readable.from([octets("ab"), octets("cd")]), "abcd"],
    ["a web stream", () => new Blob(["abcd"]).stream(), "abcd"],
    ["a read that gives promises", () => promising(["ab", "cd"]), "abcd"],
    ["a read that ends with undefined", () => ending(undefined), "a"],
    ["a read that ends with nothing in it", () => ending(octets("")), "a"],
  ])("S108 A39 wraps %s", async (_name, make, text) => {
    const { sink, finished } = await run(sending(make()));
    await finished;
    expect([sink.text, sink.complete]).toEqual([text, true]);
  });

  it("S103 a Readable is destroyed when the peer goes in the midst of it", async () => {
    const sink = new RecordingSink();
    sink.full = true;
    const stream = new Readable({
      read() {
        this.push(octets("a"));
      },
    });
    const sent = new Promise<void>((resolve) => (sink.onBody = resolve));
    const { exchange } = start(sending(stream), { sink });
    await sent;
    exchange.abort(gone());
    expect(stream.destroyed).toBe(true);
  });

  it("S103 calls the file's close() once, and waits for it with `finished`", async () => {
    const calls: string[] = [];
    const file = {
      read: () => null,
      close: async () => {
        calls.push("close");
        await Promise.resolve();
        calls.push("closed");
      },
    };
    const { finished } = await run(sending(file));
    await finished;
    expect(calls).toEqual(["close", "closed"]);
    const body = fileWrapper(file);
    await body.close?.();
    await body.close?.();
    expect(calls).toHaveLength(4);
  });

  it("S103 a file without close() is left alone", async () => {
    const { log, finished } = await run(sending({ read: () => null }));
    await finished;
    expect(log).toEqual([]);
  });

  it.each([[undefined], [null], ["/etc/hosts"], [{}], [{ read: 1 }], [5]])("A39 refuses %j", (file) => {
    expect(() => fileWrapper(file as never)).toThrow(
      expect.objectContaining({ code: "ERR_RESPONSE_BODY" }) as Error,
    );
  });

  it("A31 a file that gives text is refused like any chunk of text", async () => {
    const { sink, log } = await run(sending({ read: () => "text" }));
    expect([sink.status, log[0]?.code]).toEqual(["500 Internal Server Error", "ERR_RESPONSE_CHUNK"]);
  });

  it("S15 chunks stay what they were while the next one is read: middleware may keep them", async () => {
    const handle = await open(path);
    const chunks: Uint8Array[] = [];
    const body = fileWrapper(handle, 10) as AsyncIterable<Uint8Array>;
    for await (const chunk of body) {
      chunks.push(chunk);
      if (chunks.length === 3) break;
    }
    await handle.close();
    expect(chunks.map(textOf)).toEqual(["0123456789", "0123456789", "0123456789"]);
    expect(new Set(chunks.map((chunk) => chunk.buffer)).size).toBe(3);
  });
});

function promising(texts: string[]): FileLike {
  return { read: () => Promise.resolve(texts.length === 0 ? null : octets(texts.shift()!)) };
}

function ending(last: unknown): FileLike {
  const chunks: unknown[] = [octets("a"), last];
  return { read: () => chunks.shift() };
}
