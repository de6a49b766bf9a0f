/**
 * Replacing the master: the old one starts a new one with its own command line, its sockets inherited.
 *
 * The new one says `ready` once its workers accept, the old one answers `yours`, drains and ends, and from then on the
 * sockets' paths are the new one's to remove. Either may fail before without the other being any the worse.
 * @module
 */
import { spawn } from "node:child_process";
import { closeSync } from "node:fs";
import { Socket } from "node:net";
import { adoptSocket, type HeldSocket, type OwnedPath } from "../server/index.ts";
import { LineChannel } from "./line-channel.ts";
import type { MasterSocket, Predecessor } from "./master-types.ts";

/** Holds what a new master inherits: an `Inherited` as JSON. */
const variable = "TSGI_INHERITED_SOCKETS";

const channelDescriptor = 3;
const firstSocketDescriptor = 4;

/** What is spoken at a socket: to the workers, or to the master itself. */
type Spoken = MasterSocket["protocol"] | "status";

interface InheritedSocket {
  readonly protocol: Spoken;
  readonly asked: string;
  readonly fd: number;
  readonly address: HeldSocket["address"];
  readonly owned: OwnedPath | undefined;
}

interface Inherited {
  /** The process that hands them over. */
  readonly master: number;
  readonly sockets: readonly InheritedSocket[];
}

/**
 * Starts its words and ends, so that process 1 adopts what they start. systemd does not wait for a main process that is
 * no child of its own: with KillMode=mixed, `systemctl stop` would kill it at once, and its requests with it.
 */
const orphaning = ["/bin/sh", "-c", '"$0" "$@" <&0 &'] as const;

/** The new master as the old one sees it. */
export interface NewMaster {
  /** Once it is ready; 0 before, and when it could not be started. */
  readonly pid: number;
  /** Tells it that the sockets are its own. */
  handOver(): void;
  /** The old one ends: a new one that was not handed the sockets is left without, and ends too. */
  close(): void;
}

export interface UpgradeEvents {
  ready(): void;
  failed(reason: string): void;
}

/** A socket that a new master inherits. */
export type UpgradeSocket = Omit<MasterSocket, "protocol"> & { readonly protocol: Spoken };

/** Starts a new master: the same Node.js, script and words, whatever has been installed there since. */
export function startUpgrade(sockets: readonly UpgradeSocket[], events: UpgradeEvents): NewMaster {
  const inherited = sockets.map(({ protocol, asked, held }, index): InheritedSocket => ({
    protocol,
    asked,
    fd: firstSocketDescriptor + index,
    address: held.address,
    owned: held.owned,
  }));
  const isAdopted = process.env["NOTIFY_SOCKET"] !== undefined;
  const command = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  const [program = "", ...words] = isAdopted ? [...orphaning, ...command] : command;
  const inheritance: Inherited = { master: process.pid, sockets: inherited };
  const child = spawn(program, words, {
    env: { ...withoutInheritance(process.env), [variable]: JSON.stringify(inheritance) },
    stdio: ["inherit", "inherit", "inherit", "pipe", ...sockets.map(({ held }) => held.fd)],
  });
  let pid = 0;
  let handedOver = false;
  let over = false;
  const fail = (reason: string): void => {
    if (over || handedOver) return;
    over = true;
    events.failed(reason);
  };
  child.once("error", (error) => fail(error.message));
  child.once("exit", (status, signal) => {
    // Then it was the shell.
    if (isAdopted && status === 0) return;
    fail(signal === null ? `it ended with status ${status}` : `it was ended by ${signal}`);
  });
  const socket = child.stdio[channelDescriptor] as Socket | null | undefined;
  if (!socket) return { pid: 0, handOver: () => {}, close: () => {} };
  const channel = new LineChannel(socket, {
    line: (text) => {
      pid = (JSON.parse(text) as { readonly pid: number }).pid;
      events.ready();
    },
    end: () => {
      if (isAdopted) fail("it ended before it was ready");
    },
  });
  return {
    get pid() {
      return pid;
    },
    handOver: () => {
      handedOver = true;
      channel.send({ type: "yours" });
      // The old one ends while the new one goes on.
      child.unref();
      socket.unref();
    },
    close: () => channel.close(),
  };
}

/** The environment for the next master: without what says which sockets are this process's, and that it is watched. */
function withoutInheritance(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = { ...environment };
  for (const name of [
    variable,
    "LISTEN_PID",
    "LISTEN_PIDFDID",
    "LISTEN_FDS",
    "LISTEN_FDNAMES",
    "WATCHDOG_PID",
  ])
    delete kept[name];
  return kept;
}

/** What a new master has got from the old one. */
export interface Inheritance extends Predecessor {
  /** The older master's process. */
  readonly master: number;
  /** The socket that was asked for so, if the old master had it. Each is given once. */
  take(protocol: Spoken, asked: string): Promise<HeldSocket | undefined>;
  /** Closes what nobody took: the new settings do not have it any more. */
  closeRest(): void;
}

/** What this process has inherited from an older master; undefined when it was not started by one. */
export function takeInheritance(): Inheritance | undefined {
  const text = process.env[variable];
  if (text === undefined) return undefined;
  delete process.env[variable];
  const { master, sockets } = JSON.parse(text) as Inherited;
  const rest = [...sockets];
  let settle: (yours: boolean) => void = () => {};
  const answer = new Promise<boolean>((resolve) => {
    settle = resolve;
  });
  const socket = new Socket({ fd: channelDescriptor });
  const channel = new LineChannel(socket, { line: () => settle(true), end: () => settle(false) });
  return {
    master,
    take: async (protocol, asked) => {
      const at = rest.findIndex((each) => each.protocol === protocol && each.asked === asked);
      if (at < 0) return undefined;
      const [found] = rest.splice(at, 1);
      return found === undefined ? undefined : adoptSocket(found.address, found.fd, found.owned);
    },
    closeRest: () => {
      for (const { fd } of rest.splice(0)) closeSync(fd);
    },
    ready: () => {
      channel.send({ type: "ready", pid: process.pid });
      return answer;
    },
    gone: new Promise((resolve) => {
      void answer.then((yours) => {
        if (yours) channel.close();
        else resolve();
      });
    }),
  };
}
