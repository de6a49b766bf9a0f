/** The queue between carrier and application: bounds, back-pressure, what small pushes cost. */
import { describe, expect, it } from "vitest";
import { BodyQueue } from "../../src/bridge/index.ts";
import { gone, octets, textOf } from "./hosted.ts";

function queueOf(highWaterOctets: number): { queue: BodyQueue; drains: () => number } {
  const queue = new BodyQueue(highWaterOctets);
  let drains = 0;
  queue.onDrain = () => {
    drains += 1;
  };
  return { queue, drains: () => drains };
}

describe("back-pressure (P9)", () => {
  it("P9 push says false from the mark on, and onDrain comes once below half of it", () => {
    const { queue, drains } = queueOf(10);
    expect([queue.push(octets("abcde")), queue.push(octets("fghi")), queue.push(octets("j"))]).toEqual([
      true,
      true,
      false,
    ]);
    expect(queue.bufferedOctets).toBe(10);
    queue.take(5);
    expect(drains()).toBe(0);
    queue.take(1);
    expect(drains()).toBe(1);
    queue.take(4);
    expect(drains()).toBe(1);
  });

  it("P9 a push from within onDrain is kept in order", () => {
    const queue = new BodyQueue(4);
    queue.onDrain = () => void queue.push(octets("ef"));
    queue.push(octets("abcd"));
    let text = "";
    for (let chunk = queue.take(3); chunk !== undefined; chunk = queue.take(3)) text += textOf(chunk);
    expect(text).toBe("abcdef");
  });

  it("P9 a reader that waits for more than the mark is woken when the queue is full", async () => {
    const { queue } = queueOf(10);
    const ready = queue.ready(1_000_000);
    queue.push(octets("0123456789"));
    await ready;
    expect(queue.bufferedOctets).toBe(10);
  });

  it("what is past CONTENT_LENGTH is never held", () => {
    const { queue } = queueOf(10);
    queue.expect(3, Infinity);
    expect([queue.push(octets("abcdef")), queue.push(octets("x".repeat(100)))]).toEqual([true, true]);
    expect(queue.bufferedOctets).toBe(3);
  });

  it("after discard, failure or too much, pushes are dropped and never held up", () => {
    const stop: Array<(queue: BodyQueue) => void> = [
      (queue) => queue.discard(),
      (queue) => queue.fail(gone()),
      (queue) => {
        queue.expect(undefined, 1);
        queue.push(octets("ab"));
      },
    ];
    for (const each of stop) {
      const { queue, drains } = queueOf(4);
      each(queue);
      expect([queue.push(octets("abcdef")), queue.bufferedOctets, drains()]).toEqual([true, 0, 0]);
    }
  });
});

describe("small pushes", () => {
  it("65,536 of one octet are a few blocks", () => {
    const { queue } = queueOf(1_000_000);
    const one = new Uint8Array(1);
    for (let i = 0; i < 65_536; i += 1) {
      one[0] = i & 0xff;
      queue.push(one);
    }
    const taken: Buffer[] = [];
    for (let chunk = queue.take(Infinity); chunk !== undefined; chunk = queue.take(Infinity))
      taken.push(chunk);
    expect(taken.length).toBeLessThan(20);
    const joined = Buffer.concat(taken);
    expect(joined).toHaveLength(65_536);
    expect(joined.every((octet, index) => octet === (index & 0xff))).toBe(true);
  });

  it("are copied: the producer may use its memory again; and they are in memory of their own", () => {
    const { queue } = queueOf(100);
    const mine = octets("abc");
    queue.push(mine);
    mine.fill(0);
    const taken = queue.take(10);
    expect(textOf(taken!)).toBe("abc");
    expect(taken?.buffer.byteLength).toBeLessThan(2_000);
  });

  it("keep their order among large ones", () => {
    const { queue } = queueOf(1_000_000);
    const large = (letter: string): Buffer => Buffer.alloc(2_000, letter);
    for (const chunk of [octets("a"), large("b"), octets("c"), octets("d"), large("e"), octets("f")])
      queue.push(chunk);
    let text = "";
    for (let chunk = queue.take(1_500); chunk !== undefined; chunk = queue.take(1_500)) text += textOf(chunk);
    expect(text.replaceAll(/(.)\1+/g, "$1")).toBe("abcdef");
    expect(text).toHaveLength(4_004);
  });
});

describe("its end", () => {
  it("is told by `ended`, while octets may still wait", () => {
    const { queue } = queueOf(10);
    queue.push(octets("a"));
    expect(queue.ended).toBe(false);
    queue.end();
    queue.end();
    expect([queue.ended, queue.bufferedOctets, textOf(queue.take(5)!), queue.take(5)?.length]).toEqual([
      true,
      1,
      "a",
      0,
    ]);
    expect(queue.push(octets("late"))).toBe(true);
    expect(queue.bufferedOctets).toBe(0);
  });

  it("gives its error to whoever asks, and not for a body that is whole", () => {
    const cut = queueOf(10).queue;
    cut.expect(5, Infinity);
    cut.push(octets("abc"));
    cut.end();
    expect(cut.error).toMatchObject({ code: "ERR_BODY_TRUNCATED" });
    const whole = queueOf(10).queue;
    whole.end();
    whole.fail(gone());
    expect(whole.error).toBeUndefined();
  });
});
