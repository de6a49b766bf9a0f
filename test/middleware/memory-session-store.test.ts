/** `memorySessionStore`: what it keeps, for how long, and how much of it. */
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { memorySessionStore } from "../../src/middleware/index.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
});
afterEach(() => {
  vi.useRealTimers();
});

const pass = (seconds: number): void => void vi.setSystemTime(Date.now() + seconds * 1_000);

describe("memorySessionStore", () => {
  it("gives back what it keeps, until it expires", () => {
    const store = memorySessionStore();
    store.set("a", "1", 10, true);
    pass(9);
    expect(store.get("a")).toBe("1");
    pass(1);
    expect([store.get("a"), store.size]).toEqual([undefined, 0]);
  });

  it("keeps longer what is touched, and what is set again", () => {
    const store = memorySessionStore();
    store.set("a", "1", 10, true);
    store.set("b", "1", 10, true);
    pass(9);
    store.touch("a", 10);
    store.set("b", "2", 10, false);
    pass(9);
    expect([store.get("a"), store.get("b")]).toEqual(["1", "2"]);
  });

  it("does not bring back what was destroyed or has expired", () => {
    const store = memorySessionStore();
    store.set("a", "1", 10, true);
    store.set("b", "1", 1, true);
    store.destroy("a");
    pass(1);
    store.set("a", "2", 10, false);
    store.set("b", "2", 10, false);
    store.touch("a", 10);
    store.touch("b", 10);
    store.destroy("a");
    expect([store.get("a"), store.get("b"), store.size]).toEqual([undefined, undefined, 0]);
  });

  it("forgets the session that was used longest ago when there are too many", () => {
    const store = memorySessionStore({ maxSessions: 2 });
    store.set("a", "1", 10, true);
    store.set("b", "1", 10, true);
    store.touch("a", 10);
    store.set("c", "1", 10, true);
    expect([store.get("a"), store.get("b"), store.get("c")]).toEqual(["1", undefined, "1"]);
  });

  it("forgets as many as a large one needs", () => {
    const store = memorySessionStore({ maxCharacters: 10 });
    for (const id of ["a", "b", "c"]) store.set(id, "123", 10, true);
    store.set("d", "12345678", 10, true);
    expect([store.size, store.get("d")]).toEqual([1, "12345678"]);
  });

  it("refuses one that it could never hold, and keeps the others", () => {
    const store = memorySessionStore({ maxCharacters: 10 });
    store.set("a", "123", 10, true);
    expect(() => store.set("b", "12345678901", 10, true)).toThrow(
      expect.objectContaining({ code: "ERR_CONFIG_OPTION" }) as Error,
    );
    expect(store.get("a")).toBe("123");
  });

  it("drops what has expired without being asked for it", () => {
    const store = memorySessionStore();
    for (let i = 0; i < 100; i += 1) store.set(`old ${i}`, "1", 10, true);
    pass(10);
    store.set("new", "1", 10, true);
    expect(store.size).toBe(1);
  });

  it("stays within its bounds, whatever is done to it, and never gives what was destroyed", () => {
    const id = fc.constantFrom("a", "b", "c", "d", "e");
    const action = fc.oneof(
      fc.record({
        do: fc.constant("set" as const),
        id,
        text: fc.string({ maxLength: 8 }),
        isNew: fc.boolean(),
      }),
      fc.record({ do: fc.constant("touch" as const), id }),
      fc.record({ do: fc.constant("destroy" as const), id }),
      fc.record({ do: fc.constant("pass" as const), id }),
    );
    fc.assert(
      fc.property(fc.array(action, { maxLength: 40 }), (actions) => {
        const store = memorySessionStore({ maxSessions: 3, maxCharacters: 12 });
        const model = new Map<string, string>();
        for (const each of actions) {
          if (each.do === "set") {
            store.set(each.id, each.text, 5, each.isNew);
            if (each.isNew || model.has(each.id)) model.set(each.id, each.text);
          } else if (each.do === "pass") pass(1);
          else if (each.do === "touch") store.touch(each.id, 5);
          else {
            store.destroy(each.id);
            model.delete(each.id);
          }
          const found = [...model.keys()].map((key) => [key, store.get(key)] as const);
          for (const [key, text] of found) if (text !== undefined) expect(text).toBe(model.get(key));
          expect(store.size).toBeLessThanOrEqual(3);
          const texts = found.map(([, text]) => text ?? "").join("");
          expect(texts.length).toBeLessThanOrEqual(12);
        }
      }),
    );
  });

  it.each([0, -1, 1.5, NaN, Infinity, "3" as never])("refuses %s as a bound", (bound) => {
    expect(() => memorySessionStore({ maxSessions: bound })).toThrow(
      expect.objectContaining({ code: "ERR_CONFIG_OPTION" }) as Error,
    );
  });
});
