/**
 * What an application finds around it when it is loaded: user, umask, environment; and who wants to know how it is.
 * @module
 */
import { ConfigurationError } from "../errors/index.ts";
import {
  applicationEnvironment,
  findIdentity,
  findServiceManager,
  identityVariables,
  ServiceNotifier,
  type Identity,
} from "../process/index.ts";
import { parseAddress, type Address } from "../protocols/address.ts";
import { checkPeerList, unclaimedSockets } from "../server/index.ts";
import { rootWarning } from "./root-warning.ts";
import type { SettingValues } from "./setting-values.ts";

type Values = SettingValues;

export interface Surroundings {
  /** Whom the application runs as; undefined: as this process. */
  readonly identity: Identity | undefined;
  /** The environment for the application. */
  readonly environment: NodeJS.ProcessEnv;
  /** The service manager that started this process, if it wants to know. */
  readonly service: ServiceNotifier | undefined;
  /** What is most likely a mistake, a line each: for when all has gone well, since an error is one line. */
  readonly warnings: readonly string[];
}

/**
 * Reads and checks the options about it, and sets the umask. Nothing else is changed.
 * @param warn - told in one line what goes wrong later
 * @throws ConfigurationError ERR_CONFIG_OPTION
 */
export async function prepareSurroundings(
  values: Values,
  warn: (message: string) => void,
): Promise<Surroundings> {
  const user = values["user"] as string | undefined;
  const group = values["group"] as string | undefined;
  requireUserOfGroup(values);
  if (values["allow"] !== undefined) await checkPeerList(values["allow"] as readonly string[]);
  const identity = user === undefined ? undefined : await findIdentity(user, group);
  const warnings = unclaimedWarnings(values);
  const asRoot = rootWarning(values);
  if (asRoot !== undefined) warnings.push(asRoot);
  const changes = environmentChanges(values);
  const asUser = identity === undefined ? {} : identityVariables(identity);
  const manager = findServiceManager(process.env);
  if (values["umask"] !== undefined) process.umask(values["umask"] as number);
  return {
    identity,
    environment: applicationEnvironment({ ...process.env, ...asUser }, changes),
    service: manager === undefined ? undefined : new ServiceNotifier(manager, warn),
    warnings,
  };
}

/** @throws ConfigurationError ERR_CONFIG_OPTION for --group without --user */
export function requireUserOfGroup({ user, group }: Values): void {
  if (user === undefined && group !== undefined)
    throw new ConfigurationError("ERR_CONFIG_OPTION", "--group is the group of --user: add --user");
}

/**
 * What becomes of the environment.
 * @throws ConfigurationError ERR_CONFIG_OPTION for --pass-env without --clear-env, and an --env that is no NAME=VALUE
 */
export function environmentChanges(values: Values): Parameters<typeof applicationEnvironment>[1] {
  const clear = values["clear-env"] === true;
  const pass = (values["pass-env"] ?? []) as readonly string[];
  if (!clear && pass.length > 0) {
    throw new ConfigurationError(
      "ERR_CONFIG_OPTION",
      "--pass-env is about what --clear-env takes away: add --clear-env, or leave it out",
    );
  }
  const set = ((values["env"] ?? []) as readonly string[]).map(readVariable);
  return { clear, pass, set: Object.fromEntries(set) };
}

function readVariable(text: string): readonly [name: string, value: string] {
  const end = text.indexOf("=");
  if (end > 0 && !text.includes("\0")) return [text.slice(0, end), text.slice(end + 1)];
  // Not the whole: the value may be a secret.
  const shown = JSON.stringify(text.slice(0, end < 0 ? 64 : end + 1));
  throw new ConfigurationError("ERR_CONFIG_OPTION", `--env is ${shown}: expected NAME=VALUE`);
}

function unclaimedWarnings(values: Values): string[] {
  const asked = ["fastcgi", "scgi", "http"].flatMap((protocol) =>
    // `tsgi run` takes one address, `tsgi serve` several.
    ([values[protocol] ?? []].flat() as ReadonlyArray<Address | string>).map((address) =>
      typeof address === "string" ? parseAddress(address) : address,
    ),
  );
  const unclaimed = unclaimedSockets(asked);
  return unclaimed.map(
    (name) => `systemd passed a socket that nothing is served at: name it, as in --fastcgi ${name}`,
  );
}
