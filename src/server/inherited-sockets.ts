/**
 * Listening sockets that were opened by whoever started this process: fd 0 from spawn-fcgi, mod_fcgid and lighttpd
 * (FCGI_LISTENSOCK_FILENO, FastCGI 1.0 section 2.2), and systemd's LISTEN_FDS.
 * @module
 */
import { ConfigurationError } from "../errors/index.ts";
import type { Address } from "../protocols/address.ts";

/** The first descriptor that systemd passes (sd_listen_fds(3)). */
const firstSystemdDescriptor = 3;

/**
 * The number of an inherited descriptor.
 * @throws ConfigurationError ERR_CONFIG_LISTEN when systemd passed no socket of that name
 */
export function inheritedDescriptor(
  address: Extract<Address, { kind: "fd" | "systemd" }>,
  environment: NodeJS.ProcessEnv = process.env,
): number {
  if (address.kind === "fd") return address.fd;
  const count = Number(environment["LISTEN_FDS"] ?? "0");
  const names = (environment["LISTEN_FDNAMES"] ?? "").split(":");
  // systemd names the process the sockets are for: a child that merely inherited the variables must not take them.
  const ours = environment["LISTEN_PID"] === undefined || Number(environment["LISTEN_PID"]) === process.pid;
  const index = names.indexOf(address.name);
  if (ours && index >= 0 && index < count) return firstSystemdDescriptor + index;
  const passed = ours && count > 0 ? names.slice(0, count).join(", ") || "unnamed ones" : "none";
  throw new ConfigurationError(
    "ERR_CONFIG_LISTEN",
    `systemd passed no socket named "${address.name}" (it passed ${passed}): set FileDescriptorName= in the .socket unit`,
  );
}
