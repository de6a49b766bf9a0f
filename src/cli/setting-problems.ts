/**
 * Everything that is wrong with settings, told at once: whoever mends them should not have to start again for each.
 * @module
 */
import { ConfigurationError } from "../errors/index.ts";

/** Gathers problems. */
export class SettingProblems {
  readonly #errors: ConfigurationError[] = [];

  get count(): number {
    return this.#errors.length;
  }

  add(message: string, cause?: unknown): void {
    this.#errors.push(
      new ConfigurationError("ERR_CONFIG_OPTION", message, cause === undefined ? {} : { cause }),
    );
  }

  /** Runs a step; what it throws as a ConfigurationError is one more problem. */
  attempt<Value>(step: () => Value): Value | undefined {
    try {
      return step();
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      this.#errors.push(error);
      return undefined;
    }
  }

  /** Their messages, in the order in which they were found. */
  messages(): string[] {
    return this.#errors.map((error) => error.message);
  }

  /** @throws ConfigurationError the one problem, or ERR_CONFIG_OPTION with all of them, a line each */
  throwIfAny(): void {
    const [first, ...others] = this.#errors;
    if (first === undefined) return;
    if (others.length === 0) throw first;
    const lines = this.messages().map((message) => `\n  ${message}`);
    throw new ConfigurationError(
      "ERR_CONFIG_OPTION",
      `${lines.length} things are wrong with the settings:${lines.join("")}`,
    );
  }
}
