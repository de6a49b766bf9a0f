/**
 * Resident memory: of a connection that is kept and idle, and its growth while much passes through.
 *
 * The connections are opened straight to the back end's socket, nginx would hold most of them back; the long answer
 * and the long upload go through nginx.
 */
import { connect } from "node:net";
import { endsRequest, fastcgiRequest } from "./fastcgi.mjs";
import { fetchOnce } from "./load.mjs";
import { peakResidentOctets, residentOctets, resetPeak } from "./process-figures.mjs";
import { mebibyte } from "./back-ends/payloads.mjs";

/** As many as are opened at once; a listening UNIX socket refuses what its backlog cannot hold. */
const openedAtOnce = 100;

/** The last octets of every answer to `/hello` and `/collect`, as the protocol carries them. */
const conversations = {
  fastcgi: { request: fastcgiRequest, ended: endsRequest },
  http: {
    request: (path) => Buffer.from(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`),
    ended: (octets) => /(?:Hello, world!\n|0\r\n\r\n)$/.test(octets.toString("latin1")),
  },
};

/** Opens a connection, has one request answered and leaves it open. */
function openAndAsk(backEnd, path) {
  const { request, ended } = conversations[backEnd.protocol];
  return new Promise((resolve, reject) => {
    const socket = connect(backEnd.socket);
    let octets = Buffer.alloc(0);
    socket.on("data", (piece) => {
      octets = Buffer.concat([octets, piece]);
      if (ended(octets)) resolve(socket);
    });
    socket.on("error", reject);
    socket.on("close", () => reject(new Error(`${backEnd.name} closed a connection that it was to keep`)));
    socket.write(request(path));
  });
}

async function openMany(backEnd, count) {
  const sockets = [];
  while (sockets.length < count) {
    const batch = Math.min(openedAtOnce, count - sockets.length);
    sockets.push(...(await Promise.all(Array.from({ length: batch }, () => openAndAsk(backEnd, "/hello")))));
  }
  return sockets;
}

/** Garbage is not what a connection costs: collected twice, since some of it is freed only by the second. */
async function residentAfterCollection(backEnd) {
  for (let n = 0; n < 2; n++) (await openAndAsk(backEnd, "/collect")).destroy();
  return residentOctets(backEnd.pid);
}

/** @returns KiB of resident memory for each of `count` idle kept connections */
export async function measureIdle(backEnd, count) {
  // The first ones pay for code, pages and pools that the others share.
  for (const socket of await openMany(backEnd, Math.min(count, 1_000))) socket.destroy();
  const before = await residentAfterCollection(backEnd);
  const sockets = await openMany(backEnd, count);
  const after = await residentAfterCollection(backEnd);
  for (const socket of sockets) socket.destroy();
  return (after - before) / 1_024 / count;
}

/** @returns MB by which resident memory grew at its peak while `octets` went through in one request */
export async function measureThrough(backEnd, direction, octets) {
  for (let n = 0; n < 200; n++) await fetchOnce(backEnd.port, "/hello");
  resetPeak(backEnd.pid);
  const before = residentOctets(backEnd.pid);
  if (direction === "down") {
    const blocks = Math.ceil(octets / 65_536);
    const answer = await fetchOnce(backEnd.port, `/through?blocks=${blocks}`);
    if (answer.octets !== blocks * 65_536)
      throw new Error(`${backEnd.name} sent ${answer.octets} octets of ${octets}`);
  } else {
    const { statusCode } = await fetchOnce(backEnd.port, "/upload", { body: { chunk: mebibyte, octets } });
    if (statusCode !== 200) throw new Error(`${backEnd.name} answered a long upload with ${statusCode}`);
  }
  return (peakResidentOctets(backEnd.pid) - before) / 1e6;
}
