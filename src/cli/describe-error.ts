/**
 * What the command says of an error.
 * @module
 */
import { TsgiError } from "../errors/index.ts";

/** One line for errors of this project; with the stack where it was asked for, and of what nobody foresaw. */
export function describeError(error: unknown, debug: boolean): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? `\ncaused by ${error.cause.stack ?? error.cause.message}` : "";
  const withStack = debug || !(error instanceof TsgiError);
  return withStack ? `${error.stack ?? error.message}${cause}` : error.message;
}
