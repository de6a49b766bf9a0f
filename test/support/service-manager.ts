/**
 * The receiving end of sd_notify(3): a real datagram socket, which Node.js does not have. perl is part of every Debian.
 * @module
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { startProcess } from "./process.ts";
import { temporaryDirectory } from "./serving.ts";

const program = `
use strict; use Socket; $| = 1;
my $name = $ARGV[0]; $name =~ s/^@/\\0/;
socket(my $socket, AF_UNIX, SOCK_DGRAM, 0) or die "socket: $!";
bind($socket, pack_sockaddr_un($name)) or die "bind: $!";
print "listening\\n";
while (defined recv($socket, my $text, 65536, 0)) {
  next if $text =~ /^BARRIER=1/;
  $text =~ s/\\n/ | /g; print "<$text>\\n";
}`;

export interface TestServiceManager {
  /** For NOTIFY_SOCKET. */
  readonly socket: string;
  /** What has come so far. */
  readonly messages: readonly string[];
  /** Resolves with the first message from number `from` on that has `text`. */
  said(text: string, from?: number): Promise<string>;
}

/** Listens at a path, or at an abstract name. */
export async function startServiceManager(abstract = false): Promise<TestServiceManager> {
  if (!existsSync("/usr/bin/perl"))
    throw new Error("these tests receive datagrams with perl: sudo apt-get install perl-base");
  const path = join(temporaryDirectory(), "notify");
  const socket = abstract ? `@${path}` : path;
  const receiver = await startProcess("/usr/bin/perl", ["-e", program, socket]);
  onTestFinished(() => void receiver.stop());
  await receiver.printed("listening\n");
  const messages = (): string[] =>
    [...receiver.output.matchAll(/^<(.*)>$/gm)].map(([, message = ""]) => message);
  return {
    socket,
    get messages() {
      return messages();
    },
    said: async (text, from = 0) => {
      for (let count = from; ; count = messages().length) {
        const found = messages()
          .slice(from)
          .find((message) => message.includes(text));
        if (found !== undefined) return found;
        await receiver.printedAfter(() => messages().length > count);
      }
    },
  };
}
