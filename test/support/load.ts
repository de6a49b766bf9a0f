/**
 * Constant load on web servers: so many clients, each asking again the moment it has its answer. Each request has a
 * name, and each answer is compared octet by octet, so that whatever is lost is known by name.
 * @module
 */
import { readFileSync } from "node:fs";
import { Agent, request } from "node:http";

/** A request that did not get its whole answer. */
export interface Loss {
  readonly id: string;
  readonly how: string;
}

export interface Load {
  /** Answered, or lost, so far. */
  readonly requests: number;
  readonly losses: readonly Loss[];
  /** The bodies that came where none was expected in particular, each once. */
  readonly bodies: ReadonlySet<string>;
  /** The names of those that are under way. */
  open(): string[];
  /** Resolves once so many more requests have been answered. */
  answered(more: number): Promise<void>;
  /** Lets the running requests end. */
  stop(): Promise<void>;
}

/** What a request asks for. */
export interface Asked {
  readonly path: string;
  /** Makes it a POST: one that a web server does not repeat by itself. */
  readonly upload?: Buffer;
  /** The body of the answer, as latin-1; undefined: any. */
  readonly expected?: string;
}

/** Makes a request of a name. */
export type RequestKind = (id: string) => Asked;

export interface LoadOptions {
  /** For each of the origins. Default 4. */
  readonly clients?: number;
  /** What a client asks for, in turn. Default `mixedKinds`. */
  readonly kinds?: readonly RequestKind[];
}

const upload = Buffer.alloc(40_000, "an upload ");
const echoed = upload.toString("latin1");
/** As `test/process/applications/recording.ts` sends it. */
const streamed = Buffer.alloc(4_096, "streamed ").toString("latin1").repeat(8);

/** GET, POST whose body comes back, and an answer that is streamed, of `test/process/applications/recording.ts`. */
export const mixedKinds: readonly RequestKind[] = [
  (id) => ({ path: `/get?${id}`, expected: `hello ${id}` }),
  (id) => ({ path: `/echo?${id}`, upload, expected: echoed }),
  (id) => ({ path: `/stream?${id}`, expected: streamed + id }),
];

/** Begins at once. */
export function startLoad(
  origins: readonly string[],
  { clients = 4, kinds = mixedKinds }: LoadOptions = {},
): Load {
  const agent = new Agent({ keepAlive: true });
  const open = new Set<string>();
  const losses: Loss[] = [];
  const bodies = new Set<string>();
  const waiting = new Set<() => void>();
  let requests = 0;
  const state = { stopping: false };

  async function client(origin: string, name: string, first: number): Promise<void> {
    for (let turn = first; !state.stopping; turn++) {
      const id = `${name}.${turn}`;
      const asked = kinds[turn % kinds.length]!(id);
      open.add(id);
      try {
        const body = await send(origin, asked, agent);
        if (asked.expected === undefined) bodies.add(body);
        else if (body !== asked.expected) throw new Error(`200 with a body of ${body.length} octets`);
      } catch (error) {
        losses.push({ id, how: `${asked.path}: ${error instanceof Error ? error.message : String(error)}` });
      }
      open.delete(id);
      requests++;
      for (const look of waiting) look();
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
    bodies,
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

function send(origin: string, { path, upload: body }: Asked, agent: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    const method = body === undefined ? "GET" : "POST";
    const sent = request(`${origin}${path}`, { method, agent }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("error", reject);
      answer.on("end", () => {
        const text = Buffer.concat(chunks).toString("latin1");
        if (answer.statusCode === 200 && answer.complete) resolve(text);
        else reject(new Error(`${answer.statusCode} ${text.slice(0, 60).trim()}`));
      });
    });
    sent.on("error", reject);
    sent.end(body);
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
