/**
 * Issue: a reload loses nothing, whatever the protocol and the web server. Those that can keep connections keep them,
 * each client asks again the moment it has its answer, a third of the requests is a POST, and no request is repeated.
 */
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import type { ExampleServer } from "../../scripts/example-servers.mjs";
import { ExampleStage } from "../support/example-stage.ts";
import { begunIn, mixedKinds, startLoad, type RequestKind } from "../support/load.ts";
import { figures, patience, recording } from "../support/loaded-master.ts";
import { describeWithServers, Stage } from "../support/nginx.ts";
import { freePort } from "../support/ports.ts";
import { temporaryDirectory } from "../support/serving.ts";
import { startMaster, type MasterUnderTest } from "../support/tsgi-master.ts";

const reloads = 3;
const clients = 6;

interface Row {
  readonly what: string;
  readonly server: ExampleServer;
  readonly example: string;
  /** How the gateway listens at the port that the example may name; default as FastCGI. */
  readonly option?: "--fastcgi" | "--scgi";
  readonly words?: readonly string[];
  readonly kinds?: readonly RequestKind[];
  /** How many requests the web server may lose by what it does itself. */
  readonly mayLose?: number;
}

/**
 * No large uploads: HAProxy before April 2026 answers a request 500 by itself, reload or none, when the upload of
 * another one fills the connection's buffer (its issue 3346).
 */
const smallKinds: readonly RequestKind[] = [
  ...mixedKinds.filter((kind) => kind("").upload === undefined),
  (id) => ({ path: `/echo?${id}`, upload: Buffer.from(id), expected: id }),
];

const rows: readonly Row[] = [
  { what: "HAProxy", server: "haproxy", example: "fastcgi.cfg" },
  {
    what: "HAProxy with mpxs-conns",
    server: "haproxy",
    example: "multiplexing.cfg",
    words: ["--max-requests-per-connection", "100"],
    kinds: smallKinds,
  },
  {
    what: "Apache with enablereuse",
    server: "apache",
    example: "keepalive.conf",
    // It cannot be told, and does not repeat: one may meet the end of a connection at each reload.
    mayLose: reloads,
  },
  { what: "lighttpd", server: "lighttpd", example: "fastcgi-unix.conf" },
  { what: "lighttpd, SCGI", server: "lighttpd", example: "scgi.conf", option: "--scgi" },
  { what: "Caddy", server: "caddy", example: "fastcgi.Caddyfile" },
];

function startFleet(directory: string, words: readonly string[]): Promise<MasterUnderTest> {
  // Some web servers are another user where the tests run as root, and most send the path whole.
  const common = ["2", "--script-name", "", "--socket-mode", "666"];
  return startMaster(directory, [...common, ...words], recording, {
    env: { TEST_RECORD_FILE: join(directory, "record") },
  });
}

/** Reloads again and again under load, and looks at every request. */
async function reloadUnderLoad(
  master: MasterUnderTest,
  origin: string,
  directory: string,
  { kinds = mixedKinds, mayLose = 0 }: Partial<Row> = {},
): Promise<void> {
  const load = startLoad([origin], { clients, kinds });
  await load.answered(50);
  for (let reload = 1; reload <= reloads; reload++) {
    master.running.kill("SIGHUP");
    const reloaded = (): number => master.running.output.split("reloaded: ").length - 1;
    await expect.poll(reloaded, patience).toBeGreaterThanOrEqual(reload);
    await load.answered(50);
  }
  // The old workers end meanwhile, and with them what was kept.
  await expect.poll(() => master.workers().length, patience).toBe(2);
  await load.answered(50);
  await load.stop();
  const begun = begunIn(join(directory, "record"));
  const message = figures(load, `${reloads} reloads`);
  expect(load.losses.length, message).toBeLessThanOrEqual(mayLose);
  // Nothing was repeated to make it so, and what was lost has never begun.
  const lost = load.losses.filter(({ id }) => begun.has(id));
  const repeated = [...begun.values()].filter((pids) => pids.length !== 1);
  expect([lost, repeated], message).toEqual([[], []]);
  expect(begun.size + load.losses.length, message).toBe(load.requests);
}

describeWithServers("reloads under constant load lose no request", () => {
  it.each(rows)(
    "behind $what",
    async (row) => {
      const stage = new ExampleStage();
      onTestFinished(() => stage[Symbol.asyncDispose]());
      const { directory } = stage;
      const place = `127.0.0.1:${await stage.upstreamPort(0)}`;
      const words = [row.option ?? "--fastcgi", place, ...(row.words ?? [])];
      const master = await startFleet(directory, words);
      await stage.start(row.server, row.example);
      await reloadUnderLoad(master, stage.origin, directory, row);
    },
    120_000,
  );

  it("behind nginx with proxy_pass and kept connections", async () => {
    const stage = new Stage();
    onTestFinished(() => stage[Symbol.asyncDispose]());
    const httpPort = await freePort();
    const master = await startFleet(stage.directory, ["--http", `127.0.0.1:${httpPort}`]);
    const port = await freePort();
    await stage.startNginx(
      "keepalive.conf",
      [],
      [
        `upstream http_application { server 127.0.0.1:${httpPort}; keepalive 16; }`,
        `server { listen 127.0.0.1:${port}; location / { proxy_pass http://http_application; proxy_http_version 1.1;`,
        `  proxy_set_header Connection ""; proxy_next_upstream off; } }`,
      ],
    );
    await reloadUnderLoad(master, `http://127.0.0.1:${port}`, stage.directory);
  }, 120_000);

  it("to clients that speak HTTP and keep their connections", async () => {
    const directory = temporaryDirectory();
    const port = await freePort();
    const master = await startFleet(directory, ["--http", `127.0.0.1:${port}`]);
    await reloadUnderLoad(master, `http://127.0.0.1:${port}`, directory);
  }, 120_000);
});
