import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ConfigurationError } from "../../src/errors/index.ts";
import { formatAddress, parseAddress, type Address } from "../../src/protocols/address.ts";

const accepted: ReadonlyArray<readonly [text: string, address: Address, written?: string]> = [
  ["unix:/run/app.sock", { kind: "unix", path: "/run/app.sock" }],
  ["unix:run/app.sock", { kind: "unix", path: "run/app.sock" }],
  ["unix:/run/a b:9.sock", { kind: "unix", path: "/run/a b:9.sock" }],
  ["unix:@app", { kind: "unix", path: "\0app" }],
  ["unix:./@app", { kind: "unix", path: "./@app" }],
  [`unix:/${"x".repeat(106)}`, { kind: "unix", path: `/${"x".repeat(106)}` }],
  ["localhost:9000", { kind: "tcp", host: "localhost", port: 9000 }],
  ["app-1.internal:65535", { kind: "tcp", host: "app-1.internal", port: 65_535 }],
  ["0.0.0.0:80", { kind: "tcp", host: "0.0.0.0", port: 80 }],
  [":9000", { kind: "tcp", host: "127.0.0.1", port: 9000 }, "127.0.0.1:9000"],
  ["9000", { kind: "tcp", host: "127.0.0.1", port: 9000 }, "127.0.0.1:9000"],
  [":0", { kind: "tcp", host: "127.0.0.1", port: 0 }, "127.0.0.1:0"],
  ["[::1]:9000", { kind: "tcp", host: "::1", port: 9000 }],
  ["[::]:9000", { kind: "tcp", host: "::", port: 9000 }],
  ["[fe80::1%eth0]:9000", { kind: "tcp", host: "fe80::1%eth0", port: 9000 }],
  ["[::ffff:127.0.0.1]:1", { kind: "tcp", host: "::ffff:127.0.0.1", port: 1 }],
  ["fd:0", { kind: "fd", fd: 0 }],
  ["fd:37", { kind: "fd", fd: 37 }],
  ["systemd:web", { kind: "systemd", name: "web" }],
];

const refused: readonly string[] = [
  "",
  ":",
  "unix:",
  "unix:@",
  "unix:/a\0b",
  `unix:/${"x".repeat(107)}`,
  `unix:/${"é".repeat(54)}`,
  "localhost",
  "localhost:",
  "localhost:http",
  "localhost:65536",
  "localhost:-1",
  "localhost:+80",
  "localhost:8e3",
  "localhost:0x50",
  " 9000",
  "9000 ",
  "9000\n",
  "a b:80",
  "a/b:80",
  "*:80",
  "http://localhost:80",
  "::1:9000",
  "[::1]",
  "[::1]9000",
  "[]:9000",
  "[80]:9000",
  "[::1:9000",
  "[localhost]:9000",
  "fd:",
  "fd:-1",
  "fd:3x",
  "fd:4294967296",
  "systemd:",
  "systemd:a:b",
  "systemd:a b",
  `systemd:${"x".repeat(256)}`,
];

describe("parseAddress", () => {
  const cases = accepted.map(([text, address, written]) => ({ text, address, written: written ?? text }));
  test.each(cases)("reads $text and writes it again", ({ text, address, written }) => {
    expect(parseAddress(text)).toStrictEqual(address);
    expect(formatAddress(address)).toBe(written);
  });

  test("O1 binds the loopback when no host is named", () => {
    expect(parseAddress(":8000")).toStrictEqual({ kind: "tcp", host: "127.0.0.1", port: 8000 });
    expect(parseAddress("8000")).toStrictEqual(parseAddress(":8000"));
  });

  test.each(refused)("refuses %j and names the accepted forms", (text) => {
    expect(() => parseAddress(text)).toThrow(
      expect.objectContaining({
        code: "ERR_CONFIG_ADDRESS",
        message: expect.stringMatching(/is not an address: .*; expected unix:\/path, .* or systemd:NAME$/),
      }),
    );
  });

  test("shows what came without its control characters and without its bulk", () => {
    expect(() => parseAddress("a\u001b[2J\nb:80")).toThrow(/^"a\\u001b\[2J\\nb:80" is not/);
    expect(() => parseAddress("x".repeat(1_000_000))).toThrow(/^"x{200}\.\.\." is not/);
  });

  test("O10 gives an address that reads the same again, or a ConfigurationError, for any text", () => {
    const pieces = fc.constantFrom(
      "unix:",
      "fd:",
      "systemd:",
      "[",
      "]",
      ":",
      "::1",
      "80",
      "@",
      "host",
      "%",
      "/",
    );
    const text = fc.oneof(
      fc.string(),
      fc.array(pieces, { maxLength: 6 }).map((parts) => parts.join("")),
    );
    fc.assert(
      fc.property(text, (line) => {
        let address: Address;
        try {
          address = parseAddress(line);
        } catch (error) {
          expect(error).toBeInstanceOf(ConfigurationError);
          return;
        }
        expect(parseAddress(formatAddress(address))).toStrictEqual(address);
      }),
    );
  });
});
