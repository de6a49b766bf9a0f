/** The environment of a script, as octets. */
import { describe, expect, it } from "vitest";
import { environmentBlock } from "../../src/cgi/script-environment.ts";

describe("environmentBlock()", () => {
  it("gives each variable, ended by NUL", () => {
    expect(environmentBlock({ A: "b", EMPTY: "" }).toString()).toBe("A=b\0EMPTY=\0");
  });

  it("leaves out a variable that process.env lists without its value, as it does with numbers for names", () => {
    expect(environmentBlock({ "0": undefined, A: "b" }).toString()).toBe("A=b\0");
  });

  it("takes octets that are no UTF-8 from where they stand as they came", () => {
    const original = Buffer.from("A=b\0OTHER=\xe9\0", "latin1");
    const block = environmentBlock({ A: "b", OTHER: "\uFFFD" }, () => original);
    expect(block).toEqual(original);
  });
});
