/**
 * Users and groups by name or number. Node.js takes names where it changes its own, but never says what they stand for.
 *
 * /etc/passwd and /etc/group are read first (passwd(5), group(5)); what is not there is asked of getent(1), which
 * knows LDAP and whatever else the machine is set up with.
 * @module
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { ConfigurationError } from "../errors/index.ts";

/** A user, as far as the system knows it. */
export interface UserAccount {
  readonly uid: number;
  /** What follows is absent for a number that no account has. */
  readonly name?: string;
  /** The primary group. */
  readonly gid?: number;
  readonly home?: string;
}

/** 2^32 - 1 is -1 to the system: "leave it as it is". */
const maxId = 4_294_967_294;

const lookUpMs = 10_000;

/**
 * Finds a user by name or number.
 * @throws ConfigurationError ERR_CONFIG_OPTION when there is none
 */
export function findUser(nameOrId: string | number): UserAccount {
  const fields = findEntry("passwd", String(nameOrId));
  if (fields === undefined) return { uid: idOf("user", nameOrId) };
  const [name = "", , uid, gid, , home = ""] = fields;
  return { uid: Number(uid), name, gid: Number(gid), home };
}

/**
 * Finds the number of a group by its name or number.
 * @throws ConfigurationError ERR_CONFIG_OPTION when there is none
 */
export function findGroup(nameOrId: string | number): number {
  const fields = findEntry("group", String(nameOrId));
  return fields === undefined ? idOf("group", nameOrId) : Number(fields[2]);
}

/** A number need not be anybody's. */
function idOf(kind: "user" | "group", nameOrId: string | number): number {
  const text = String(nameOrId);
  if (isId(text)) return Number(text);
  throw new ConfigurationError(
    "ERR_CONFIG_OPTION",
    `there is no ${kind} ${JSON.stringify(text.slice(0, 64))}: make it first, or give a number`,
  );
}

function isId(text: string): boolean {
  return /^(0|[1-9]\d{0,9})$/.test(text) && Number(text) <= maxId;
}

/** The fields of the entry with that name or, as useradd(8) allows no such names, that number. */
function findEntry(database: "passwd" | "group", key: string): readonly string[] | undefined {
  // A word of these would be an option of getent, or two entries.
  if (key === "" || key.length > 256 || /^-|[:\s]/.test(key)) return undefined;
  return entryIn(readDatabase(database), key) ?? entryIn(askSystem(database, key), key);
}

function entryIn(text: string, key: string): readonly string[] | undefined {
  const field = isId(key) ? 2 : 0;
  return text
    .split("\n")
    .map((line) => line.split(":"))
    .find((fields) => fields[field] === key && isId(fields[2] ?? ""));
}

function readDatabase(database: string): string {
  try {
    return readFileSync(`/etc/${database}`, "utf8");
  } catch {
    return "";
  }
}

function askSystem(database: string, key: string): string {
  try {
    const stdio = ["ignore", "pipe", "ignore"] as const;
    return execFileSync("getent", [database, key], {
      encoding: "utf8",
      stdio: [...stdio],
      timeout: lookUpMs,
    });
  } catch {
    // Not found is its status 2; a system without getent has no other accounts that could be found here.
    return "";
  }
}
