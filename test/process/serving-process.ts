/** `tsgi serve` as a process of its own, with or without a master, and what it answers. */
import { onTestFinished } from "vitest";
import { parseAddress } from "../../src/protocols/address.ts";
import { FastcgiPeer, getParams } from "../support/fastcgi-peer.ts";
import type { ProcessOptions, RunningProcess } from "../support/process.ts";
import { startTsgi } from "../support/nginx.ts";

/** One process, and a master with two workers: most things hold for both. */
export const fleets: ReadonlyArray<readonly [name: string, words: readonly string[]]> = [
  ["one process", []],
  ["a master and workers", ["--workers", "2"]],
];

/** Starts it; killed at the test's end if it is still there. */
export async function startServe(
  words: readonly string[],
  options: ProcessOptions = {},
): Promise<RunningProcess> {
  const child = await startTsgi(["serve", ...words], options);
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  return child;
}

/** Starts it and waits until it is ready. */
export async function startReady(
  words: readonly string[],
  options: ProcessOptions = {},
): Promise<RunningProcess> {
  const child = await startServe(words, options);
  await child.printed(" ready at ");
  return child;
}

/** What is answered at an address, without the head. */
export async function bodyAt(address: string): Promise<string> {
  const peer = await FastcgiPeer.connect(parseAddress(address));
  onTestFinished(() => {
    peer.socket.destroy();
  });
  peer.request(1, getParams, "", false);
  const { output } = await peer.answer(1);
  return output.slice(output.indexOf("\r\n\r\n") + 4);
}

/** The same as JSON. */
export async function jsonAt(address: string): Promise<Record<string, unknown>> {
  return JSON.parse(await bodyAt(address)) as Record<string, unknown>;
}
