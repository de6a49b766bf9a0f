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
 * Reports signals until the function that is returned is called.
 *
 * As PID 1 of a container a process only gets signals that it has handlers for; these are all that a master needs.
 */
export function onSignals(report: (event: MasterEvent) => void): () => void {
  const handlers = Object.entries(eventOf).map(([name, event]) => [name, () => report(event)] as const);
  for (const [name, handler] of handlers) process.on(name, handler);
  return () => {
    for (const [name, handler] of handlers) process.off(name, handler);
  };
}
