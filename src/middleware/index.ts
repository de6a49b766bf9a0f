/**
 * Middleware, one job a file: a function from an application to an application, or one that makes an application of
 * several.
 * @module
 */
export { mount, type MountMap } from "./mount.ts";
export { validationRules, type ValidationRule, type ValidationRuleName } from "./validator-rules.ts";
export { validator, type ValidatorOptions } from "./validator.ts";
