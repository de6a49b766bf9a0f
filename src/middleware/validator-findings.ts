/**
 * What becomes of a broken rule: an error that is thrown where it was broken, or a warning.
 * @module
 */
import { escapeControls } from "../bridge/index.ts";
import { ValidationError } from "../errors/index.ts";
import { validationRules, type ValidationRuleName } from "./validator-rules.ts";

/** What all requests under one validator share. */
export interface FindingSettings {
  readonly warnOnly: ReadonlySet<ValidationRuleName>;
  readonly onWarning: ((warning: ValidationError) => void) | undefined;
  /** Warnings that `wsgi.errors` has had, so that each is said once and not with every request. */
  readonly said: Set<string>;
}

/** From here on `said` begins anew. */
const maxSaid = 256;

const shownLength = 200;

/** The findings of one request. It holds nothing of the request but what names it and its `wsgi.errors`. */
export class Findings {
  readonly #settings: FindingSettings;
  readonly #parts: readonly unknown[];
  readonly #errors: unknown;

  constructor(settings: FindingSettings, environ: unknown) {
    this.#settings = settings;
    const variables = (typeof environ === "object" ? (environ ?? {}) : {}) as Record<string, unknown>;
    // Now, since the application may change them.
    this.#parts = [variables["REQUEST_METHOD"], variables["SCRIPT_NAME"], variables["PATH_INFO"]];
    this.#errors = variables["wsgi.errors"];
  }

  /**
   * Reports a broken rule. Returns only if the rule is a warning.
   * @param found - what came and what was expected
   * @throws ValidationError ERR_VALIDATION
   */
  report(rule: ValidationRuleName, found: string): void {
    const { side, from, level } = validationRules[rule];
    const origin = from === rule ? "" : ` (${from})`;
    const message = escapeControls(`${rule}${origin}, ${side}, ${this.#request()}: ${found}`);
    const error = new ValidationError("ERR_VALIDATION", rule, side, message);
    if (level === "error" && !this.#settings.warnOnly.has(rule)) throw error;
    this.#warn(error, `${rule} ${found}`);
  }

  #request(): string {
    const [method, scriptName, pathInfo] = this.#parts.map((part) => (typeof part === "string" ? part : ""));
    const path = `${scriptName}${pathInfo}`;
    return `${method || "-"} ${path.length > shownLength ? `${path.slice(0, shownLength)}...` : path || "-"}`;
  }

  #warn(warning: ValidationError, key: string): void {
    const { onWarning, said } = this.#settings;
    if (onWarning !== undefined) {
      onWarning(warning);
      return;
    }
    if (said.has(key)) return;
    if (said.size >= maxSaid) said.clear();
    said.add(key);
    const errors = this.#errors as { write?: unknown } | undefined;
    // Where wsgi.errors is none, V15 says so.
    if (typeof errors?.write === "function") {
      Reflect.apply(errors.write, errors, [`validator: ${warning.message}\n`]);
    }
  }
}
