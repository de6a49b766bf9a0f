/**
 * What `tsgi run` is besides a program that serves: another user, a process that a file names, a service that the service
 * manager watches. Loaded only where one of these is asked for: scripts start often.
 * @module
 */
import {
  becomeUser,
  refusePidFile,
  removePidFile,
  replaceEnvironment,
  watchForOrphans,
  watchForSlowRequests,
  writePidFile,
  type Identity,
} from "../process/index.ts";
import { stopSignals } from "../run/index.ts";
import { rotationWarnings } from "./rotation-warnings.ts";
import type { GatewayServer } from "../server/index.ts";
import type { SettingValues } from "./setting-values.ts";
import { prepareSurroundings } from "./surroundings.ts";

export interface RunService {
  /** Whom the application runs as; undefined: as this process. */
  readonly identity: Identity | undefined;
  /** Becomes that user. To be called before the application is loaded. Returns what there is to warn of, a line each. */
  enter(): readonly string[];
  /** It listens. */
  ready(): void;
  /** Resolves when all that is to be said at the end has been said. */
  ended(): Promise<void>;
}

/**
 * Reads and checks what is asked for. To be called once it is known who started this process, since the variables that
 * say so are gone after `enter`.
 * @throws ConfigurationError ERR_CONFIG_OPTION
 */
export async function prepareRunService(
  values: SettingValues,
  warn: (message: string) => void,
): Promise<RunService> {
  const { identity, environment, service } = await prepareSurroundings(values, warn);
  const pidFile = values["pid-file"] as string | undefined;
  if (pidFile !== undefined) {
    refusePidFile(pidFile);
    process.once("exit", () => removePidFile(pidFile));
  }
  let isStopping = false;
  const stopping = (): void => {
    if (isStopping) return;
    isStopping = true;
    service?.notify({ STOPPING: 1, STATUS: "finishing the requests that have begun" });
  };
  return {
    identity,
    enter: () => {
      replaceEnvironment(environment);
      if (identity === undefined) return [];
      // As another user it may not be able to.
      if (pidFile !== undefined) writePidFile(pidFile);
      becomeUser(identity);
      return rotationWarnings(values);
    },
    ready: () => {
      if (pidFile !== undefined && identity === undefined) writePidFile(pidFile);
      service?.notify({ READY: 1, MAINPID: process.pid, STATUS: "serves" });
      service?.startWatchdog(() => true);
      // Beside what `run` does with them.
      for (const name of stopSignals) process.on(name, stopping);
    },
    ended: async () => service?.settled(),
  };
}

/**
 * Says which requests of a server that listens are slow, and what its application leaves behind in a container.
 * @param slowRequestMs - undefined: no request is
 */
export function watchServer(
  server: GatewayServer,
  slowRequestMs: number | undefined,
  warn: (text: string) => void,
): void {
  watchForOrphans(warn);
  if (slowRequestMs === undefined) return;
  watchForSlowRequests(slowRequestMs, (stack, inside) => server.reportSlow(stack, inside));
}
