/**
 * What the command says of an error.
 * @module
 */
import { TsgiError } from "../errors/index.ts";

/**
 * One line for errors of this project. Where it was asked for, and of what nobody foresaw, the stack too: that of the
 * cause, if there is one, since this project's own frames above it say nothing.
 */
export function describeError(error: unknown, debug: boolean): string {
  if (!(error instanceof Error)) return String(error);
  if (!(error instanceof TsgiError)) return `${error.stack ?? error.message}${causeOf(error)}`;
  if (!debug) return error.message;
  return error.cause instanceof Error ? `${error.message}${causeOf(error)}` : (error.stack ?? error.message);
}

function causeOf({ cause }: Error): string {
  return cause instanceof Error ? `\ncaused by ${cause.stack ?? cause.message}` : "";
}
