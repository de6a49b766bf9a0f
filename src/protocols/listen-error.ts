/**
 * Why an address cannot be listened on, for gateways and front ends alike.
 * @module
 */
import { ConfigurationError } from "../errors/index.ts";
import { formatAddress, type Address } from "./address.ts";

/** The error for an address that cannot be listened on, with the remedy for the system's code. */
export function listenError(
  address: Address,
  error: Error & { readonly code?: string | undefined },
): ConfigurationError {
  const remedies: Readonly<Record<string, string>> = {
    EADDRINUSE: "another program listens there: stop it, or choose another address",
    EACCES: "this user may not: choose a port from 1024 on, or a directory that is writable",
    ENOENT: "its directory does not exist: make it first",
    EADDRNOTAVAIL: "no interface of this machine has that address",
    EINVAL: "that file descriptor is not a listening socket, or the path is too long",
    ENOTSOCK: "that file descriptor is not a socket",
    EBADF: "no such file descriptor was inherited",
  };
  const remedy = remedies[error.code ?? ""] ?? error.message;
  return new ConfigurationError(
    "ERR_CONFIG_LISTEN",
    `cannot listen on ${formatAddress(address)}: ${remedy}`,
    {
      cause: error,
    },
  );
}
