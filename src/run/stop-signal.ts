/**
 * The signals that stop a server which has no master.
 * @module
 */

/** flup's, QUIT, and HUP, which a terminal sends that is closed: there is nobody who could load the application anew. */
export const stopSignals = ["SIGINT", "SIGTERM", "SIGQUIT", "SIGHUP"] as const;

export interface StopSignal {
  /** Resolves with the first that comes while there is something to finish. */
  readonly came: Promise<void>;
  /** Leaves signals to others. */
  forget(): void;
}

/**
 * Listens for them.
 * @param end - called for each that does not wait: a second one, and one that comes before anything is served
 * @param isServing - whether there is something to finish
 */
export function stopSignal(end: () => void, isServing: () => boolean = () => true): StopSignal {
  let resolve: () => void = () => {};
  const came = new Promise<void>((done) => {
    resolve = done;
  });
  let isStopping = false;
  // The same listener throughout: a signal that comes while one is exchanged for another would be lost.
  const listener = (): void => {
    if (isStopping || !isServing()) return end();
    isStopping = true;
    resolve();
  };
  for (const name of stopSignals) process.on(name, listener);
  return {
    came,
    forget: () => {
      for (const name of stopSignals) process.off(name, listener);
    },
  };
}
