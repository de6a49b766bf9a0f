/**
 * Becoming another user for good: what a process that was started by root does before application code runs.
 * @module
 */
import { ConfigurationError } from "../errors/index.ts";
import { findGroup, findUser } from "../server/index.ts";

/** Whom a process is to become. Survives JSON. */
export interface Identity {
  readonly uid: number;
  readonly gid: number;
  /** Absent for a number that no account has: then there are no supplementary groups. */
  readonly name?: string;
  readonly home?: string;
}

/**
 * Finds the identity for `--user` and `--group`; the group defaults to the user's own.
 * @throws ConfigurationError ERR_CONFIG_OPTION when there is no such user or group, or this process may not become it
 */
export async function findIdentity(
  user: string | number,
  group: string | number | undefined,
): Promise<Identity> {
  const { uid, gid, name, home } = await findUser(user);
  const itsGroup = group === undefined ? gid : await findGroup(group);
  if (itsGroup === undefined) {
    throw new ConfigurationError(
      "ERR_CONFIG_OPTION",
      `user ${uid} has no account and so no group: add --group with the number of one`,
    );
  }
  const identity = {
    uid,
    gid: itsGroup,
    ...(name === undefined ? {} : { name }),
    ...(home === undefined ? {} : { home }),
  };
  if (process.geteuid?.() !== 0 && !isCurrent(identity)) {
    throw new ConfigurationError(
      "ERR_CONFIG_OPTION",
      `cannot become user ${user}: only root can; start it as root, or as that user without --user`,
    );
  }
  return identity;
}

/** What the types of Node.js leave out. */
interface GroupSetter {
  initgroups(user: string, extraGroup: number): void;
}

/** True when this process is that user and group already. */
function isCurrent({ uid, gid }: Identity): boolean {
  const { getuid, geteuid, getgid, getegid } = process;
  return getuid?.() === uid && geteuid?.() === uid && getgid?.() === gid && getegid?.() === gid;
}

/**
 * Makes this process that user's, with its supplementary groups. There is no way back.
 * @throws ConfigurationError ERR_CONFIG_OPTION when it cannot be done whole: whoever calls must not go on then
 */
export function becomeUser(identity: Identity): void {
  const { uid, gid, name } = identity;
  if (process.geteuid?.() !== 0 && isCurrent(identity)) return;
  try {
    // Groups first: once the user has changed, nothing may be changed any more.
    if (name === undefined) process.setgroups?.([gid]);
    else (process as Partial<GroupSetter>).initgroups?.(name, gid);
    process.setgid?.(gid);
    process.setuid?.(uid);
  } catch (error) {
    throw notBecome(identity, (error as Error).message, error);
  }
  if (!isCurrent(identity)) throw notBecome(identity, "the system let it and it is not so", undefined);
  if (uid !== 0 && canBeRootAgain()) throw notBecome(identity, "it can become root again", undefined);
}

/** What the environment says of the user: root's own would lead to files that another cannot read. */
export function identityVariables({ name, home }: Identity): NodeJS.ProcessEnv {
  return { HOME: home === "" ? undefined : home, USER: name, LOGNAME: name };
}

function canBeRootAgain(): boolean {
  try {
    process.setuid?.(0);
    return true;
  } catch {
    return false;
  }
}

function notBecome({ uid, gid, name }: Identity, why: string, cause: unknown): ConfigurationError {
  return new ConfigurationError(
    "ERR_CONFIG_OPTION",
    `cannot become user ${name ?? uid} (${uid}:${gid}), and does not go on as who it is: ${why}`,
    { cause },
  );
}
