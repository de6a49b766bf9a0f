/**
 * `tsgi status` prints the status of a running service once; `tsgi top` keeps it on the screen.
 * @module
 */
import { setTimeout as delay } from "node:timers/promises";
import { ConfigurationError } from "../errors/index.ts";
import type { Address } from "../protocols/address.ts";
import { ExitStatus, type ExitStatusCode } from "./exit-status.ts";
import { fetchStatusText, statusAddress } from "./fetch-status.ts";
import type { CommandLine } from "./parse-command-line.ts";

/** @throws ConfigurationError ERR_CONFIG_OPTION, ERR_CONFIG_ADDRESS, ERR_CONFIG_CONNECT */
export async function runStatusCommand({ positionals }: CommandLine): Promise<ExitStatusCode> {
  process.stdout.write(await fetchStatusText(statusAddress(positionals, "status")));
  return ExitStatus.stopped;
}

const screen = {
  open: "\x1b[?1049h\x1b[?25l",
  close: "\x1b[?25h\x1b[?1049l",
  home: "\x1b[H",
  rest: "\x1b[J",
} as const;
const lineEnd = "\x1b[K\r\n";

/**
 * Until q, Escape or Ctrl-C; where the output is no terminal, once.
 * @throws ConfigurationError ERR_CONFIG_OPTION, ERR_CONFIG_ADDRESS, ERR_CONFIG_CONNECT
 */
export async function runTopCommand({ positionals, values }: CommandLine): Promise<ExitStatusCode> {
  const address = statusAddress(positionals, "top");
  const first = await fetchStatusText(address);
  if (!process.stdout.isTTY) {
    process.stdout.write(first);
    return ExitStatus.stopped;
  }
  const everyMs = 1_000 * Math.max((values["interval"] as number | undefined) ?? 2, 0.1);
  const stop = new AbortController();
  const onKey = (key: Buffer): void => {
    if (["q", "Q", "\x1b", "\x03"].includes(key.toString("latin1"))) stop.abort();
  };
  const onSignal = (): void => stop.abort();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, onSignal);
  if (process.stdin.isTTY) process.stdin.setRawMode(true).on("data", onKey);
  process.stdout.write(screen.open);
  try {
    let text = first;
    while (!stop.signal.aborted) {
      draw(text);
      await pause(everyMs, stop.signal, () => draw(text));
      if (!stop.signal.aborted) text = await nextText(address, text);
    }
  } finally {
    process.stdout.write(screen.close);
    if (process.stdin.isTTY) process.stdin.setRawMode(false);
    process.stdin.pause();
  }
  return ExitStatus.stopped;
}

/** A service that is away for a while may come back. */
async function nextText(address: Address, before: string): Promise<string> {
  try {
    return await fetchStatusText(address);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    const shown = before.startsWith("no status") ? before.slice(before.indexOf("\n\n") + 2) : before;
    return `${error.message}\n\n${shown}`;
  }
}

function draw(text: string): void {
  // A terminal that nobody has told its size says 0.
  const rows = process.stdout.rows || 24;
  const columns = process.stdout.columns || 80;
  const lines = [...text.trimEnd().split("\n"), "", "q quits"];
  const shown = lines.slice(0, Math.max(rows - 1, 1)).map((line) => line.slice(0, columns));
  process.stdout.write(`${screen.home}${shown.join(lineEnd)}${lineEnd}${screen.rest}`);
}

/** Ends early when the signal fires; a terminal that changes its size meanwhile is drawn on anew. */
async function pause(milliseconds: number, signal: AbortSignal, onResize: () => void): Promise<void> {
  process.stdout.on("resize", onResize);
  try {
    await delay(milliseconds, undefined, { signal });
  } catch {
    // Told to stop.
  } finally {
    process.stdout.off("resize", onResize);
  }
}
