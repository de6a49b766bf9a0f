/**
 * Constant load on a web server: so many clients, each asking again as soon as it has its answer, and what went wrong.
 * @module
 */
import { Agent, request } from "node:http";

export interface LoadResult {
  readonly requests: number;
  /** One line for each request that was not answered 200 with a whole body. */
  readonly failures: readonly string[];
  /** The bodies that came, each once. */
  readonly bodies: ReadonlySet<string>;
}

export interface Load {
  readonly requests: number;
  /** Resolves once so many more requests have been answered. */
  answered(more: number): Promise<void>;
  /** Lets the running requests end. */
  stop(): Promise<LoadResult>;
}

export interface LoadOptions {
  readonly clients?: number;
  /** Every other request is a POST: one that a web server does not repeat by itself. */
  readonly post?: boolean;
  /** False: a connection for each request. */
  readonly keepAlive?: boolean;
}

/** Begins at once. */
export function startLoad(
  url: string,
  { clients = 8, post = false, keepAlive = true }: LoadOptions = {},
): Load {
  const agent = new Agent({ keepAlive, maxSockets: clients });
  const failures: string[] = [];
  const bodies = new Set<string>();
  const waiting = new Set<() => void>();
  let requests = 0;
  const state = { stopping: false };

  async function client(): Promise<void> {
    for (let turn = 0; !state.stopping; turn++) {
      const method = post && turn % 2 === 1 ? "POST" : "GET";
      try {
        bodies.add(await ask(url, method, agent));
      } catch (error) {
        failures.push(`${method}: ${error instanceof Error ? error.message : String(error)}`);
      }
      requests++;
      for (const look of waiting) look();
    }
  }

  const running = Promise.all(Array.from({ length: clients }, client));
  return {
    get requests() {
      return requests;
    },
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
      return { requests, failures, bodies };
    },
  };
}

function ask(url: string, method: string, agent: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, agent }, (answer) => {
      let body = "";
      answer.setEncoding("utf8");
      answer.on("data", (text: string) => (body += text));
      answer.on("error", reject);
      answer.on("end", () => {
        if (answer.statusCode === 200 && answer.complete) resolve(body);
        else reject(new Error(`${answer.statusCode} ${body.slice(0, 100)}`));
      });
    });
    sent.on("error", reject);
    sent.end(method === "POST" ? "a body of 20 octets.." : undefined);
  });
}
