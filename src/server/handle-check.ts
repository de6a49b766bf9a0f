/**
 * Whether handles work here: octets there and back over a real connection, before the first server relies on them.
 * @module
 */
import { connect, createServer, type ListenOptions } from "node:net";
import { HandleTransport } from "./handle-transport.ts";
import { findNativeStreams, takeHandles, type NativeStreams } from "./native-handles.ts";

/** The switch for operators: 0 makes every server use net.Socket. */
export const switchVariable = "TSGI_RAW_HANDLES";

const patienceMs = 1_000;

let found: Promise<NativeStreams | undefined> | undefined;

/** What to make transports with, or undefined when net.Socket is to be used. Looked for once in a process. */
export function usableNativeStreams(): Promise<NativeStreams | undefined> {
  if (process.env[switchVariable] === "0") return Promise.resolve(undefined);
  return (found ??= check(findNativeStreams()));
}

/** Gives `native` back when an echo over it works. */
export async function check(native: NativeStreams | undefined): Promise<NativeStreams | undefined> {
  if (native === undefined) return undefined;
  return (await echoes(native)) ? native : undefined;
}

/** One connection that sends octets, ends, and expects the same octets and an end. */
function echoes(native: NativeStreams): Promise<boolean> {
  const server = createServer(() => {});
  return new Promise<boolean>((resolve) => {
    const timer = setTimeout(() => resolve(false), patienceMs);
    const settle = (works: boolean): void => {
      clearTimeout(timer);
      resolve(works);
    };
    server.on("error", () => settle(false));
    server.listen(checkAddress(), () => {
      if (!takeHandles(server, (handle) => echo(new HandleTransport(handle, native)))) {
        settle(false);
        return;
      }
      const address = server.address();
      if (address === null) {
        settle(false);
        return;
      }
      const peer = connect(
        typeof address === "string" ? { path: address } : { port: address.port, host: address.address },
      );
      let answer = "";
      peer.setEncoding("latin1");
      peer.on("data", (text: string) => {
        answer += text;
      });
      peer.on("end", () => settle(answer === sent));
      peer.on("error", () => settle(false));
      peer.end(sent);
    });
  }).finally(() => server.close());
}

const sent = "tsgi";

function echo(transport: HandleTransport): void {
  transport.attach({
    expectsBody: false,
    receive: (octets) => void transport.write([Buffer.from(octets)], []),
    receiveEnd: () => transport.destroySoon(),
    broken: () => transport.destroy(),
    written: () => {},
    closed: () => {},
  });
}

/** An abstract UNIX socket needs neither a file nor a network. */
function checkAddress(): ListenOptions {
  if (process.platform !== "linux") return { host: "127.0.0.1", port: 0 };
  return { path: `\0tsgi-check-${process.pid}-${Date.now().toString(36)}` };
}
