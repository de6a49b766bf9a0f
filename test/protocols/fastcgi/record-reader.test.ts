import { describe, expect, it } from "vitest";
import { ReadStep, RecordReader } from "../../../src/protocols/fastcgi/index.ts";
import { join, record } from "../../support/fastcgi-wire.ts";
import { cuts } from "../drive.ts";

/** Everything a reader sees, contents joined. */
function readAll(chunks: readonly Uint8Array[]): string[] {
  const reader = new RecordReader();
  const seen: string[] = [];
  let content: Buffer[] = [];
  const close = (): void => {
    if (content.length > 0) seen.push(`content ${Buffer.concat(content).toString("latin1")}`);
    content = [];
  };
  for (const chunk of chunks) {
    reader.receive(chunk);
    for (let step = reader.next(); step !== ReadStep.starved; step = reader.next()) {
      if (step === ReadStep.content) content.push(Buffer.from(reader.content()));
      else {
        close();
        seen.push(`header ${reader.type} ${reader.id} ${reader.contentLength}`);
      }
    }
  }
  close();
  seen.push(reader.isBetweenRecords ? "between records" : "inside a record");
  return seen;
}

describe("RecordReader", () => {
  const octets = join(
    record("BEGIN_REQUEST", 0xabcd, "12345678"),
    record("PARAMS", 0xffff, "", { padding: 255 }),
    record("STDIN", 1, "some content", { padding: 3 }),
    record(255, 0, ""),
  );
  const expected = [
    "header 1 43981 8",
    "content 12345678",
    "header 4 65535 0",
    "header 5 1 12",
    "content some content",
    "header 255 0 0",
    "between records",
  ];

  it("P4 reads the same records at every two-way split and octet by octet", () => {
    for (const [name, chunks] of cuts(octets)) expect(readAll(chunks), name).toEqual(expected);
  });

  it("P5 stays in step over 65,535 octets of content and 255 of padding", () => {
    const full = "x".repeat(65_535);
    const twice = join(
      record("STDIN", 1, full, { padding: 255 }),
      record("STDIN", 2, full, { padding: 255 }),
      record("STDIN", 1),
    );
    const want = [
      "header 5 1 65535",
      `content ${full}`,
      "header 5 2 65535",
      `content ${full}`,
      "header 5 1 0",
    ];
    const at = [1, 7, 8, 9, 8 + 65_534, 8 + 65_535, 8 + 65_536, 8 + 65_535 + 255, 8 + 65_535 + 256];
    for (const [name, chunks] of cuts(twice, at)) {
      expect(readAll(chunks), name).toEqual([...want, "between records"]);
    }
  });

  it("hands content over as it arrives, as a view", () => {
    const reader = new RecordReader();
    const chunk = record("STDIN", 1, "abc", { declared: 60_000 });
    reader.receive(chunk);
    expect(reader.next()).toBe(ReadStep.header);
    expect(reader.next()).toBe(ReadStep.content);
    expect(reader.content().buffer).toBe(chunk.buffer);
    expect(Buffer.from(reader.content()).toString()).toBe("abc");
    expect(reader.isWholeContent).toBe(false);
    expect(reader.contentLeft).toBe(59_997);
  });

  it("holds on to no chunk once it is used up", () => {
    const reader = new RecordReader();
    reader.receive(octets.subarray(0, 30));
    while (reader.next() !== ReadStep.starved);
    expect(reader.chunk.length).toBe(0);
  });

  it("loses nothing when it is given more before it has read what it has", () => {
    const reader = new RecordReader();
    for (const octet of octets) reader.receive(Uint8Array.of(octet));
    const headers: number[] = [];
    for (let step = reader.next(); step !== ReadStep.starved; step = reader.next()) {
      if (step === ReadStep.header) headers.push(reader.type);
    }
    expect(headers).toEqual([1, 4, 5, 255]);
    expect(reader.isBetweenRecords).toBe(true);
  });

  it.each([
    ["GET / HTTP/1.1\r\n", '71 ("G"), expected 1; is this an HTTP client'],
    ["70:CONTENT_LENGTH", '55 ("7"), expected 1; is this an SCGI client'],
    ["\x16\x03\x01", "22, expected 1; is this a TLS client"],
    ["\x00\x01\x00\x01", "0, expected 1"],
    ["\x02", "2, expected 1"],
  ])("P6 refuses a version other than 1 at its very octet: %j", (text, message) => {
    for (const at of [1, text.length]) {
      const reader = new RecordReader();
      reader.receive(Buffer.from(text, "latin1").subarray(0, at));
      expect(() => reader.next()).toThrow(
        expect.objectContaining({ code: "ERR_FCGI_VERSION", message: expect.stringContaining(message) }),
      );
    }
  });
});
