/**
 * Opens a socket to an application, or says in one line why that is not possible.
 * @module
 */
import type { TcpSocketConnectOpts, IpcSocketConnectOpts, SocketConstructorOpts } from "node:net";
import { ConfigurationError, LimitExceededError } from "../errors/index.ts";
import { formatAddress, type Address } from "../protocols/address.ts";
import type { ClientLimits } from "./limits.ts";
import { UploadSocket } from "./upload-socket.ts";

type Target = TcpSocketConnectOpts | IpcSocketConnectOpts;

/**
 * Where to connect for an address.
 * @throws ConfigurationError ERR_CONFIG_ADDRESS for an address that can only be listened on
 */
export function connectTarget(address: Address): Target {
  if (address.kind === "unix") return { path: address.path };
  if (address.kind === "tcp" && address.port > 0) return { host: address.host, port: address.port };
  throw new ConfigurationError(
    "ERR_CONFIG_ADDRESS",
    `nothing can connect to ${formatAddress(address)}; expected unix:/path or host:port with a port above 0`,
  );
}

/**
 * Connects.
 * @throws ConfigurationError ERR_CONFIG_CONNECT when nothing listens there or it may not be reached
 * @throws LimitExceededError ERR_LIMIT_TIME after `connectTimeoutMs`
 */
export function openSocket(address: Address, limits: ClientLimits): Promise<UploadSocket> {
  const target = connectTarget(address);
  // node:net hands its options on to the stream beneath it; its types leave that out.
  const options: SocketConstructorOpts & { writableHighWaterMark: number } = {
    writableHighWaterMark: limits.uploadHighWaterOctets,
  };
  const socket = new UploadSocket(options);
  return new Promise((resolve, reject) => {
    const give = (error?: Error): void => {
      socket.setTimeout(0);
      socket.removeListener("connect", give);
      socket.removeListener("error", onError);
      socket.removeListener("timeout", onTimeout);
      if (error === undefined) {
        resolve(socket);
        return;
      }
      // A late second error of the same attempt has no one else to go to.
      socket.on("error", () => {});
      socket.destroy();
      reject(error);
    };
    const onError = (error: NodeJS.ErrnoException): void => give(unreachable(address, error));
    const onTimeout = (): void => {
      const { connectTimeoutMs } = limits;
      give(
        new LimitExceededError(
          "ERR_LIMIT_TIME",
          "connectTimeoutMs",
          connectTimeoutMs,
          connectTimeoutMs,
          `${formatAddress(address)} did not accept a connection in ${connectTimeoutMs} ms`,
        ),
      );
    };
    socket.once("connect", give);
    socket.once("error", onError);
    socket.once("timeout", onTimeout);
    socket.setTimeout(limits.connectTimeoutMs);
    // Records are small and answers are waited for: Nagle's algorithm would hold the last one back.
    socket.setNoDelay(true);
    socket.connect(target);
  });
}

const remedies: Readonly<Record<string, string>> = {
  ENOENT: "there is no such socket; is the application running?",
  ECONNREFUSED: "nothing listens there; is the application running?",
  EACCES: "permission denied; see the socket's owner and mode",
  EAGAIN: "its backlog is full",
  ENOTFOUND: "there is no such host",
};

function unreachable(address: Address, error: NodeJS.ErrnoException): ConfigurationError {
  const code = error.code ?? error.name;
  return new ConfigurationError(
    "ERR_CONFIG_CONNECT",
    `cannot connect to ${formatAddress(address)}: ${code}, ${remedies[code] ?? error.message}`,
    { cause: error },
  );
}
