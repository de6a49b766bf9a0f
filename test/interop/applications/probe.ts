/**
 * The application behind the web servers of the interop tests. Each path does one thing; what it notices (signals,
 * closes, refused reads) it keeps in a record that a test asks for, or waits for, by a further request.
 * @module
 */
import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import type { Application, Environ, HeaderList, StartResponse } from "../../../src/bridge/types.ts";

const record: string[] = [];
const watchers = new Set<() => void>();
const block = Buffer.alloc(65_536, "tsgi 012");

/** The last part of the path chooses. */
const routes: Readonly<Record<string, Application>> = {
  environ: (environ, startResponse) =>
    json(startResponse, { ...environ, pid: process.pid, "wsgi.input": undefined, "wsgi.errors": undefined }),

  digest: async (environ, startResponse) => {
    const hash = createHash("sha256");
    let octets = 0;
    for await (const chunk of environ["wsgi.input"].chunks()) {
      hash.update(chunk);
      octets += chunk.length;
    }
    return json(startResponse, { octets, sha256: hash.digest("hex"), contentLength: environ.CONTENT_LENGTH });
  },

  // Notes the first chunk of a body, then all of it.
  watched: async (environ, startResponse) => {
    const name = query(environ, "name");
    note(`called ${name}`);
    environ["tsgi.signal"].addEventListener("abort", () => note(`signal ${name}`));
    let octets = 0;
    try {
      for await (const chunk of environ["wsgi.input"].chunks()) {
        if (octets === 0) note(`first ${name}`);
        octets += chunk.length;
      }
    } catch (error) {
      note(`refused ${name} ${(error as { code?: string }).code}`);
      throw error;
    }
    return json(startResponse, { octets });
  },

  download: (environ, startResponse) => {
    startResponse("200 OK", [["Content-Type", "application/octet-stream"]]);
    return blocks(Number(query(environ, "octets")));
  },

  // An event, then nothing before the test has asked for `/release`, then the next.
  events: (environ, startResponse) => {
    startResponse("200 OK", [["Content-Type", "text/event-stream"]]);
    return gatedEvents(query(environ, "name"), Number(query(environ, "count")));
  },
  release: (environ, startResponse) => {
    note(`release ${query(environ, "name")}`);
    return json(startResponse, {});
  },

  // Answers one chunk and is then silent for as long as anyone listens.
  silent: (environ, startResponse) => {
    startResponse("200 OK", [
      ["Content-Type", "text/plain"],
      ["X-Accel-Buffering", "no"],
    ]);
    return silence(query(environ, "name"), environ["tsgi.signal"]);
  },

  status: (environ, startResponse) => {
    startResponse(query(environ, "is"), [
      ["ETag", '"v1"'],
      ["X-Seen", "probe"],
    ]);
    return [];
  },
  page: (_environ, startResponse) => {
    startResponse("200 OK", [["Content-Type", "text/plain"]]);
    return [Buffer.from("the page")];
  },
  refuse: (_environ, startResponse) => {
    startResponse("413 Content Too Large", [["Content-Type", "text/plain"]]);
    return [Buffer.from("too large for me")];
  },
  busy: (environ, startResponse) => {
    environ["wsgi.errors"].write(`busy ${environ.REQUEST_METHOD}\n`);
    startResponse("503 Service Unavailable", []);
    return [];
  },

  throws: () => {
    throw new Error("a secret of the application");
  },
  // 8 KiB have left when it throws.
  throwslate: (_environ, startResponse) => {
    startResponse("200 OK", [["Content-Type", "text/plain"]]);
    return brokenBody();
  },

  file: async (environ, startResponse) => {
    startResponse("200 OK", [["Content-Type", "text/plain"]]);
    return environ["wsgi.file_wrapper"](await open(new URL(import.meta.url)));
  },
  accel: (_environ, startResponse) => {
    startResponse("200 OK", [
      ["X-Accel-Redirect", "/protected/a%20report.txt"],
      ["Content-Type", "text/x-report"],
      ["Content-Disposition", 'attachment; filename="report.txt"'],
    ]);
    return [];
  },

  // Resolves when the record has the line; the test's own timeout is the limit.
  seen: async (environ, startResponse) => {
    await recorded(query(environ, "line"), Number(query(environ, "times") || "1"));
    return json(startResponse, record);
  },
  record: (_environ, startResponse) => json(startResponse, record),
};

export const application: Application = (environ, startResponse) => {
  const route = routes[environ.PATH_INFO.split("/").at(-1) ?? ""] ?? routes["environ"];
  if (route === undefined) throw new Error("no route");
  return route(environ, startResponse);
};

function query(environ: Environ, name: string): string {
  return new URLSearchParams(environ.QUERY_STRING).get(name) ?? "";
}

function json(startResponse: StartResponse, value: unknown): Uint8Array[] {
  const headers: HeaderList = [
    ["Content-Type", "application/json"],
    ["Cache-Control", "no-store"],
  ];
  startResponse("200 OK", headers);
  return [Buffer.from(JSON.stringify(value))];
}

function note(line: string): void {
  record.push(line);
  for (const watcher of watchers) watcher();
}

function recorded(line: string, times: number): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (record.filter((each) => each === line).length < times) return;
      watchers.delete(look);
      resolve();
    };
    watchers.add(look);
    look();
  });
}

async function* blocks(octets: number): AsyncGenerator<Uint8Array> {
  for (let left = octets; left > 0; left -= block.length)
    yield block.subarray(0, Math.min(left, block.length));
}

async function* gatedEvents(name: string, count: number): AsyncGenerator<Uint8Array> {
  for (let n = 1; n <= count; n += 1) {
    note(`produced ${name} ${n}`);
    yield Buffer.from(`data: ${n}\n\n`);
    await recorded(`release ${name}`, n);
  }
}

/** Not a generator: its `close` is what the test looks for. */
function silence(name: string, signal: AbortSignal): AsyncIterable<Uint8Array> & { close: () => void } {
  const body = async function* (): AsyncGenerator<Uint8Array> {
    yield Buffer.from("one chunk\n");
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve));
    note(`signal ${name}`);
  };
  return { [Symbol.asyncIterator]: body, close: () => note(`close ${name}`) };
}

async function* brokenBody(): AsyncGenerator<Uint8Array> {
  yield block.subarray(0, 8_192);
  throw new Error("a late secret of the application");
}
