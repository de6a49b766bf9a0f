/**
 * Who started this process, and so how it is to serve: the order is flup's, with systemd between.
 * @module
 */
import { descriptorKind, type DescriptorKind } from "./listening-descriptor.ts";

/** How a program that did not say so itself is to serve. */
export type Host =
  /** FastCGI on file descriptor 0: spawn-fcgi, mod_fcgid, lighttpd's bin-path. `certain` false: listen() must tell. */
  | { readonly kind: "fastcgi"; readonly certain: boolean }
  /** Sockets that systemd passed, from descriptor 3 on. */
  | { readonly kind: "systemd"; readonly sockets: readonly SystemdSocket[] }
  /** One request of CGI. */
  | { readonly kind: "cgi" }
  /** Nobody: HTTP on the loopback. */
  | { readonly kind: "http" };

export interface SystemdSocket {
  readonly descriptor: number;
  readonly protocol: "fastcgi" | "http";
}

/** The first descriptor that systemd passes (sd_listen_fds(3)). */
const firstSystemdDescriptor = 3;

/** Says how to serve; looks only at descriptor 0 and at variables. */
export function detectHost(
  environment: NodeJS.ProcessEnv = process.env,
  kindOf: (descriptor: number) => DescriptorKind = descriptorKind,
): Host {
  // libfcgi's and flup's way to say that descriptor 0 is not what it looks like.
  if (/^y/i.test(environment["FCGI_FORCE_CGI"] ?? "")) return { kind: "cgi" };
  const input = kindOf(0);
  if (input === "listening") return { kind: "fastcgi", certain: true };
  const sockets = systemdSockets(environment);
  if (sockets.length > 0) return { kind: "systemd", sockets };
  if (input === "unknown") return { kind: "fastcgi", certain: false };
  return withoutSocket(environment);
}

/** How to serve when there is no listening socket. */
export function withoutSocket(environment: NodeJS.ProcessEnv = process.env): Host {
  return environment["GATEWAY_INTERFACE"] === undefined ? { kind: "http" } : { kind: "cgi" };
}

/** A socket unit says by FileDescriptorName=http what is spoken there; FastCGI is what goes without saying. */
function systemdSockets(environment: NodeJS.ProcessEnv): SystemdSocket[] {
  const count = Number(environment["LISTEN_FDS"] ?? "0");
  // A child that merely inherited the variables must not take its parent's sockets.
  const owner = environment["LISTEN_PID"] ?? String(process.pid);
  if (!Number.isInteger(count) || owner !== String(process.pid)) return [];
  const names = (environment["LISTEN_FDNAMES"] ?? "").split(":");
  return Array.from({ length: Math.min(Math.max(count, 0), 1_024) }, (_, index) => ({
    descriptor: firstSystemdDescriptor + index,
    protocol: names[index] === "http" ? "http" : "fastcgi",
  }));
}
