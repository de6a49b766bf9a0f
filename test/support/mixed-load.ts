/**
 * Constant load of several kinds: GET, POST with a body that comes back, answers that are streamed. Each request has a
 * name, and each answer is compared octet by octet, so that whatever is lost is known by name.
 * @module
 */
import { readFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { setTimeout as delay } from "node:timers/promises";

/** A request that did not get its whole answer. */
export interface Loss {
  readonly id: string;
  readonly how: string;
}

export interface MixedLoad {
  /** Answered, or lost, so far. */
  readonly requests: number;
  readonly losses: readonly Loss[];
  /** The names of those that are under way. */
  open(): string[];
  /** Resolves once so many more requests have been answered. */
  answered(more: number): Promise<void>;
  /** Lets the running requests end. */
  stop(): Promise<void>;
}

/** What a client asks for, in turn. */
const kinds = ["get", "echo", "stream"] as const;

const upload = Buffer.alloc(40_000, "an upload ");
/** As `test/process/applications/recording.ts` sends it. */
const streamed = Buffer.alloc(4_096, "streamed ").toString("latin1").repeat(8);

/** Begins at once: `clients` for each of the origins, each asking again as soon as it has its answer. */
export function startMixedLoad(origins: readonly string[], clients: number): MixedLoad {
  // Kept connections on the client's side would only be one more thing to go wrong.
  const agent = new Agent({ keepAlive: true });
  const open = new Set<string>();
  const losses: Loss[] = [];
  const waiting = new Set<() => void>();
  let requests = 0;
  const state = { stopping: false };

  async function client(origin: string, name: string, first: number): Promise<void> {
    for (let turn = 0; !state.stopping; turn++) {
      const id = `${name}.${turn}`;
      const kind = kinds[(first + turn) % kinds.length] ?? "get";
      open.add(id);
      try {
        const body = await send(origin, kind, id, agent);
        if (body !== expected(kind, id)) throw new Error(`200 with a body of ${body.length} octets`);
      } catch (error) {
        losses.push({ id, how: `${kind}: ${error instanceof Error ? error.message : String(error)}` });
      }
      open.delete(id);
      requests++;
      for (const look of waiting) look();
      // Users think. It is when a kept connection has just fallen silent that closing it can lose a request.
      if (!state.stopping) await delay(((first + turn) % 4) * 8);
    }
  }

  const running = Promise.all(
    origins.flatMap((origin, at) =>
      Array.from({ length: clients }, (_, n) => client(origin, `${at}.${n}`, n)),
    ),
  );
  return {
    get requests() {
      return requests;
    },
    losses,
    open: () => [...open],
    answered: (more) => {
      const enough = requests + more;
      return new Promise((resolve) => {
        const look = (): void => {
          if (requests < enough) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
      });
    },
    stop: async () => {
      state.stopping = true;
      await running;
      agent.destroy();
    },
  };
}

function expected(kind: (typeof kinds)[number], id: string): string {
  if (kind === "get") return `hello ${id}`;
  return kind === "echo" ? upload.toString("latin1") : streamed + id;
}

function send(origin: string, kind: (typeof kinds)[number], id: string, agent: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    const method = kind === "echo" ? "POST" : "GET";
    const sent = request(`${origin}/${kind}?${id}`, { method, agent }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("error", reject);
      answer.on("end", () => {
        const body = Buffer.concat(chunks).toString("latin1");
        if (answer.statusCode === 200 && answer.complete) resolve(body);
        else reject(new Error(`${answer.statusCode} ${body.slice(0, 60).trim()}`));
      });
    });
    sent.on("error", reject);
    sent.end(kind === "echo" ? upload : undefined);
  });
}

/** Which worker began each request, from the record of `applications/recording.ts`: the pids by the request's name. */
export function begunIn(record: string): Map<string, number[]> {
  const begun = new Map<string, number[]>();
  for (const line of readFileSync(record, "utf8").trimEnd().split("\n")) {
    const [pid = "", id = ""] = line.split(" ");
    begun.set(id, [...(begun.get(id) ?? []), Number(pid)]);
  }
  return begun;
}
