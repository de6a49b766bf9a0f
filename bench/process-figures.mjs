/** What Linux says of a process: CPU time of its whole tree, resident memory and its peak. */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";

let ticksPerSecond = 0;

/**
 * User and system time of a process and all that descend from it, in microseconds.
 * The kernel counts it exactly but shows it in ticks, of 10 ms nearly everywhere.
 */
export function cpuMicroseconds(pid) {
  ticksPerSecond ||= Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "latin1" }));
  let ticks = 0;
  for (const member of tree(pid)) {
    const stat = readFileSync(`/proc/${member}/stat`, "latin1");
    // The name may hold spaces and parentheses: fields are counted after its end. 14 and 15 are its own time, 16
    // and 17 that of children it has waited for.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    for (const field of [11, 12, 13, 14]) ticks += Number(fields[field]);
  }
  return (ticks * 1_000_000) / ticksPerSecond;
}

function tree(pid) {
  const members = [pid];
  for (const member of members) members.push(...childrenOf(member));
  return members;
}

/** The processes that a process has started and that are still there. */
export function childrenOf(pid) {
  return readdirSync(`/proc/${pid}/task`).flatMap((task) => {
    const children = readFileSync(`/proc/${pid}/task/${task}/children`, "latin1").trim();
    return children === "" ? [] : children.split(" ").map(Number);
  });
}

/** Octets that are in memory now. */
export function residentOctets(pid) {
  return statusOctets(pid, "VmRSS");
}

/** The most octets that were in memory since `resetPeak`. */
export function peakResidentOctets(pid) {
  return statusOctets(pid, "VmHWM");
}

/** Makes the present resident memory the peak. */
export function resetPeak(pid) {
  writeFileSync(`/proc/${pid}/clear_refs`, "5");
}

function statusOctets(pid, name) {
  const status = readFileSync(`/proc/${pid}/status`, "latin1");
  const found = new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(status);
  if (found === null) throw new Error(`/proc/${pid}/status has no ${name}`);
  return Number(found[1]) * 1_024;
}
