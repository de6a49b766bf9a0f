/**
 * What a start would find out about settings that are each in order: whether the users, groups, networks, variables and
 * formats that they name are any. For `--check`, which starts nothing and becomes nobody.
 * @module
 */
import { ConfigurationError } from "../errors/index.ts";
import { findIdentity } from "../process/index.ts";
import { checkPeerList, findGroup, findUser } from "../server/index.ts";
import { checkLogFormats } from "./open-logs.ts";
import { SettingProblems } from "./setting-problems.ts";
import type { SettingValues } from "./setting-values.ts";
import { environmentChanges, requireUserOfGroup } from "./surroundings.ts";

/**
 * Looks all of them up.
 * @throws ConfigurationError ERR_CONFIG_OPTION with everything that is wrong
 */
export async function checkDetails(values: SettingValues): Promise<void> {
  const { user, group, allow, ...others } = values;
  const steps: ReadonlyArray<() => unknown> = [
    () => requireUserOfGroup(values),
    () => user !== undefined && findAccounts(user as string, group as string | undefined),
    () => others["socket-user"] !== undefined && findUser(others["socket-user"] as string),
    () => others["socket-group"] !== undefined && findGroup(others["socket-group"] as string),
    () => allow !== undefined && checkPeerList(allow as readonly string[]),
    () => environmentChanges(values),
    () => checkLogFormats(values),
  ];
  const problems = new SettingProblems();
  for (const step of steps) {
    try {
      await step();
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      problems.add(error.message, error);
    }
  }
  problems.throwIfAny();
}

/** Whoever checks need not be root, whom the start may need. */
async function findAccounts(user: string, group: string | undefined): Promise<void> {
  if (process.geteuid?.() === 0) {
    await findIdentity(user, group);
    return;
  }
  await findUser(user);
  if (group !== undefined) await findGroup(group);
}
