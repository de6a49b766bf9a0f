/**
 * Listening sockets that were opened by whoever started this process: fd 0 from spawn-fcgi, mod_fcgid and lighttpd
 * (FCGI_LISTENSOCK_FILENO, FastCGI 1.0 section 2.2), and systemd's LISTEN_FDS.
 * @module
 */
import { ConfigurationError } from "../errors/index.ts";
import type { Address } from "../protocols/address.ts";

/** The first descriptor that systemd passes (sd_listen_fds(3)). */
const firstSystemdDescriptor = 3;

/** More than any service has; a count beyond is none. */
const maxSockets = 4_096;

/** What sd_listen_fds_with_names(3) calls a socket that came without a name. */
const unnamed = "unknown";

/**
 * The addresses that one stands for: `systemd:NAME` is every socket of that name, for all ListenStream= lines of a
 * .socket unit have the same; any other address is itself.
 * @throws ConfigurationError ERR_CONFIG_LISTEN when systemd passed no socket of that name
 */
export function inheritedAddresses(
  address: Address,
  environment: NodeJS.ProcessEnv = process.env,
): readonly Address[] {
  if (address.kind !== "systemd") return [address];
  const sockets = systemdSockets(environment);
  const found = sockets.filter(({ name }) => name === address.name);
  if (found.length > 0) return found.map(({ fd }) => ({ kind: "fd", fd, of: address }));
  throw new ConfigurationError(
    "ERR_CONFIG_LISTEN",
    `systemd passed no socket named "${address.name}" (${whatCame(sockets, environment)})`,
  );
}

/**
 * The number of an inherited descriptor: of several with that name, the first.
 * @throws ConfigurationError ERR_CONFIG_LISTEN when systemd passed no socket of that name
 */
export function inheritedDescriptor(
  address: Extract<Address, { kind: "fd" | "systemd" }>,
  environment: NodeJS.ProcessEnv = process.env,
): number {
  const [first] = inheritedAddresses(address, environment);
  return first?.kind === "fd" ? first.fd : -1;
}

/** Sockets that systemd passed and no address stands for: who connects there waits for ever. */
export function unclaimedSockets(
  addresses: readonly Address[],
  environment: NodeJS.ProcessEnv = process.env,
): readonly string[] {
  const isClaimed = ({ fd, name }: SystemdSocket): boolean =>
    addresses.some((address) =>
      address.kind === "fd" ? address.fd === fd : address.kind === "systemd" && address.name === name,
    );
  const rest = systemdSockets(environment).filter((socket) => !isClaimed(socket));
  return [...new Set(rest.map(({ fd, name }) => (name === unnamed ? `fd:${fd}` : `systemd:${name}`)))];
}

interface SystemdSocket {
  readonly fd: number;
  readonly name: string;
}

function systemdSockets(environment: NodeJS.ProcessEnv): readonly SystemdSocket[] {
  const { LISTEN_FDS: fds = "", LISTEN_FDNAMES: text } = environment;
  const count = /^\d{1,4}$/.test(fds) ? Math.min(Number(fds), maxSockets) : 0;
  if (!areOurs(environment)) return [];
  const names = text === undefined ? [] : text.split(":");
  return Array.from({ length: count }, (_, index) => ({
    fd: firstSystemdDescriptor + index,
    name: names[index] || unnamed,
  }));
}

/** systemd names the process the sockets are for: a child that merely inherited the variables must not take them. */
function areOurs({ LISTEN_PID: pid }: NodeJS.ProcessEnv): boolean {
  return pid === undefined || Number(pid) === process.pid;
}

function whatCame(sockets: readonly SystemdSocket[], environment: NodeJS.ProcessEnv): string {
  if (!areOurs(environment)) {
    return `it passed none to this process: LISTEN_PID is ${environment["LISTEN_PID"]}, this is ${process.pid}; start tsgi itself, not through npm, npx or a shell`;
  }
  const names = [...new Set(sockets.map(({ name }) => name))].join(", ") || "none";
  return `it passed ${names}; set FileDescriptorName= in the .socket unit`;
}
