/**
 * Decisions as lines for the log, for who wants to see every one of them (`--log-level debug`).
 * @module
 */
import type { Command, MasterEvent } from "./decision-types.ts";

/**
 * What has happened, and what is done about it: `exit of worker 2 (SIGKILL): start worker 3 of generation 1`.
 * @returns undefined where nothing is done about what happens all the time
 */
export function describeDecision(event: MasterEvent, commands: readonly Command[]): string | undefined {
  const done = commands.flatMap((command) => describeCommand(command) ?? []);
  if (done.length === 0 && (event.type === "tick" || event.type === "report")) return undefined;
  return `${describeEvent(event)}: ${done.length === 0 ? "nothing to do" : done.join(", ")}`;
}

function describeEvent(event: MasterEvent): string {
  const name = "worker" in event ? `${event.type} of worker ${event.worker}` : event.type;
  return event.type === "exit" ? `${name} (${event.signal ?? event.status})` : name;
}

/** Undefined for a line of the log, which speaks for itself. */
function describeCommand(command: Command): string | undefined {
  switch (command.type) {
    case "log":
      return undefined;
    case "spawn":
      return `start worker ${command.worker} of generation ${command.generation}`;
    case "reopen":
      return "reopen log files";
    case "exit":
      return `exit with status ${command.status}`;
    case "drain":
      return `drain worker ${command.worker}`;
    case "kill":
      return `kill worker ${command.worker}`;
    case "take-stack":
      return `ask worker ${command.worker} for its stack`;
    default:
      return command.type;
  }
}
