/** Drives the two cores in tests: feeds octets in given chunks and writes down what comes out as short lines. */
import { TsgiError } from "../../src/errors/index.ts";
import type { ClientReceiveEvent } from "../../src/protocols/gateway-client-core.ts";
import type { RequestEvent } from "../../src/protocols/gateway-core.ts";
import { readPairs } from "../../src/protocols/native-string.ts";
import type { FilledBlock } from "../../src/protocols/output-buffer.ts";

export type AnyEvent = RequestEvent | ClientReceiveEvent;
export type Core<Event extends AnyEvent> = {
  receive(octets: Uint8Array): void;
  receiveEnd(): void;
  nextEvent(): Event | undefined;
};

/** What a core is to be fed: chunks, then perhaps the end. */
export interface Feed {
  readonly chunks: readonly Uint8Array[];
  readonly end?: boolean;
}

/** Text for one event. Stream contents are left out: `Log` gathers them. */
function describe(event: AnyEvent): string {
  switch (event.type) {
    case "request":
      return `request ${event.id} ${event.role} ${JSON.stringify(readPairs(event.params))}`;
    case "refused":
      return `refused ${event.id} ${event.error.code}`;
    case "end":
      return `end ${event.id} app=${event.appStatus} status=${event.protocolStatus}`;
    case "values":
      return `values ${JSON.stringify([...event.values])}`;
    case "unknown-type":
      return `unknown-type ${event.recordType}`;
    default:
      return `${event.type} ${event.id}`;
  }
}

/**
 * A list of lines in which neighbouring contents of one stream are one line, so that it cannot depend on chunking.
 * Contents of up to 60 octets stand there as text, longer ones as their length and sum.
 */
export class EventLog {
  readonly #lines: string[] = [];
  #stream = "";
  #contents: Buffer[] = [];

  add(event: AnyEvent): void {
    if (!("octets" in event)) {
      this.#closeStream();
      this.#lines.push(describe(event));
      return;
    }
    const stream = describe(event);
    if (stream !== this.#stream) this.#closeStream();
    this.#stream = stream;
    this.#contents.push(Buffer.from(event.octets));
  }

  addError(error: unknown): void {
    if (!(error instanceof TsgiError)) throw error;
    this.#closeStream();
    this.#lines.push(`throws ${error.code}`);
  }

  lines(): string[] {
    this.#closeStream();
    return this.#lines;
  }

  #closeStream(): void {
    if (this.#contents.length === 0) return;
    const octets = Buffer.concat(this.#contents);
    const sum = octets.reduce((total, octet, at) => (total + octet * ((at % 251) + 1)) % 1_000_003, 0);
    const text =
      octets.length <= 60 ? JSON.stringify(octets.toString("latin1")) : `${octets.length} octets ${sum}`;
    this.#lines.push(`${this.#stream} ${text}`);
    this.#contents = [];
    this.#stream = "";
  }
}

/** Feeds a core until it throws or has had all, calling `react` for each event as it is pulled. */
export function run<Event extends AnyEvent>(
  core: Core<Event>,
  feed: Feed,
  react: (event: Event) => void = () => {},
): string[] {
  const log = new EventLog();
  try {
    for (const chunk of feed.chunks) {
      // The chunk is overwritten as soon as the core asks for more, as a server does that reads into one buffer.
      const reused = Buffer.from(chunk);
      core.receive(reused);
      pull(core, log, react);
      reused.fill(0xdd);
    }
    if (feed.end) {
      core.receiveEnd();
      pull(core, log, react);
    }
  } catch (error) {
    log.addError(error);
  }
  return log.lines();
}

function pull<Event extends AnyEvent>(core: Core<Event>, log: EventLog, react: (event: Event) => void): void {
  for (let event = core.nextEvent(); event !== undefined; event = core.nextEvent()) {
    log.add(event);
    react(event);
  }
}

/** Takes all output, as one array. */
export function takeAll(core: { takeOutput(): FilledBlock | undefined }): Buffer {
  const parts: Buffer[] = [];
  for (let filled = core.takeOutput(); filled !== undefined; filled = core.takeOutput()) {
    parts.push(Buffer.from(filled.octets));
  }
  return Buffer.concat(parts);
}

/** The ways to cut octets: whole, octet by octet, and at each of `positions` in two (everywhere by default). */
export function* cuts(
  octets: Uint8Array,
  positions: Iterable<number> = octets.keys(),
): Generator<readonly [string, readonly Uint8Array[]]> {
  yield ["whole", [octets]];
  yield ["octet by octet", Array.from(octets, (octet) => Uint8Array.of(octet))];
  for (const at of positions) yield [`cut at ${at}`, [octets.subarray(0, at), octets.subarray(at)]];
}
