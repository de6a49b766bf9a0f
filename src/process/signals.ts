/**
 * Signals as events of the master. docs/processes.md has the table.
 * @module
 */
import type { MasterEvent } from "./decision-types.ts";

const eventOf: Readonly<Partial<Record<NodeJS.Signals, MasterEvent>>> = {
  SIGTERM: { type: "stop" },
  SIGINT: { type: "stop" },
  SIGQUIT: { type: "stop" },
  SIGHUP: { type: "reload" },
  SIGTTIN: { type: "add" },
  SIGTTOU: { type: "remove" },
  // Left alone, it would open Node.js's debugger.
  SIGUSR1: { type: "reopen" },
  SIGUSR2: { type: "upgrade" },
};

/**
 * Reports signals until the function that is returned is called. From then on they are ignored: the process is about to
 * end with a status of its own, and one more TERM must not end it with another.
 *
 * As PID 1 of a container a process only gets signals that it has handlers for; these are all that a master needs.
 */
export function onSignals(report: (event: MasterEvent) => void): () => void {
  const handlers = Object.entries(eventOf).map(([name, event]) => [name, () => report(event)] as const);
  for (const [name, handler] of handlers) process.on(name, handler);
  return () => {
    for (const [name, handler] of handlers) {
      process.on(name, ignore);
      process.off(name, handler);
    }
  };
}

function ignore(): void {}
