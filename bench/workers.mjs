/**
 * How much more two workers answer than one, straight at their socket: what sharing a listening socket is worth.
 *
 * The application computes for each request (payloads.mjs: about 200 microseconds), since who generates the load needs
 * one of the cores too: with an application that does nothing, that alone would be measured.
 */
import { connect } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { start, stop, untilSaid, workDirectory } from "./children.mjs";
import { endsRequest, fastcgiRequest } from "./fastcgi.mjs";
import { childrenOf, cpuMicroseconds } from "./process-figures.mjs";
import { tsgiMain } from "./programs.mjs";

const application = fileURLToPath(new URL("back-ends/application.mjs", import.meta.url));

/**
 * @typedef {object} FleetFigures
 * @property {number[]} rate requests a second, a value for each round
 * @property {number[]} cpu microseconds of the workers' CPU for a request
 * @property {number[]} busiest the share of the requests' CPU that one worker had, at most
 */

/** Connections that carry a request at any time. */
const connections = 32;

/** A connection for each request, or one for all that a client sends. */
const ways = ["kept", "closed"];

/**
 * @param {{ rounds: number, seconds: number, warmSeconds: number }} options
 * @returns {Promise<Map<string, readonly [one: FleetFigures, two: FleetFigures]>>} by way of connecting, for one worker
 *   and for two
 */
export async function measureWorkers({ rounds, seconds, warmSeconds }) {
  const fleets = [await startFleet(1), await startFleet(2)];
  const results = new Map(ways.map((way) => [way, fleets.map(() => ({ rate: [], cpu: [], busiest: [] }))]));
  for (const way of ways) for (const { socket } of fleets) await load(socket, way, warmSeconds);
  for (let round = 0; round < rounds; round++) {
    for (const way of ways) {
      // The other one first each time.
      for (const at of round % 2 === 0 ? [0, 1] : [1, 0]) {
        const { rate, cpu, busiest } = await measure(fleets[at], way, seconds);
        results.get(way)[at].rate[round] = rate;
        results.get(way)[at].cpu[round] = cpu;
        results.get(way)[at].busiest[round] = busiest;
      }
    }
  }
  await Promise.all(fleets.map(({ child }) => stop(child)));
  return results;
}

async function measure({ socket, child }, way, seconds) {
  const workers = childrenOf(child.pid);
  const before = workers.map(cpuMicroseconds);
  const { requests, milliseconds } = await load(socket, way, seconds);
  const cpu = workers.map((pid, n) => cpuMicroseconds(pid) - before[n]);
  const sum = cpu.reduce((all, each) => all + each);
  return {
    rate: (requests * 1_000) / milliseconds,
    cpu: sum / requests,
    busiest: Math.max(...cpu) / sum,
  };
}

async function startFleet(workers) {
  const socket = join(workDirectory(), `${workers}-workers.sock`);
  const words = [tsgiMain, "serve", application, "--fastcgi", `unix:${socket}`, "--workers", String(workers)];
  const child = start(process.execPath, words);
  await untilSaid(child, " ready at ", `tsgi with ${workers} workers`);
  return { socket, child };
}

/** Asks for so long, on all connections at once. */
async function load(socket, way, seconds) {
  const before = performance.now();
  const end = before + seconds * 1_000;
  const isOver = () => performance.now() >= end;
  const counts = await Promise.all(Array.from({ length: connections }, () => clients[way](socket, isOver)));
  return { requests: counts.reduce((sum, count) => sum + count), milliseconds: performance.now() - before };
}

const clients = {
  /** One connection, and the next request with the end of each answer. */
  kept: (socket, isOver) =>
    new Promise((resolve, reject) => {
      const request = fastcgiRequest("/work");
      const connection = connect(socket);
      let count = 0;
      connection.on("data", (octets) => {
        if (!endsRequest(octets)) return;
        count++;
        if (isOver()) {
          resolve(count);
          connection.destroy();
        } else connection.write(request);
      });
      connection.on("error", reject);
      connection.on("close", () => reject(new Error("tsgi closed a connection that it was to keep")));
      connection.write(request);
    }),
  closed: async (socket, isOver) => {
    let count = 0;
    for (; !isOver(); count++) await askOnce(socket);
    return count;
  },
};

function askOnce(socket) {
  return new Promise((resolve, reject) => {
    const connection = connect(socket);
    let answered = false;
    connection.on("data", (octets) => (answered ||= endsRequest(octets)));
    connection.on("error", reject);
    connection.on("close", () => {
      if (answered) resolve();
      else reject(new Error("tsgi closed a connection without an answer"));
    });
    connection.write(fastcgiRequest("/work", false));
  });
}
