/**
 * The validator's look at environ, and at how the application is called: what a server owes (V1, V7-V21 and others).
 * @module
 */
import { describeValue } from "../bridge/index.ts";
import type { Findings } from "./validator-findings.ts";
import type { ValidationRuleName } from "./validator-rules.ts";

type Fields = Readonly<Record<string, unknown>>;

/**
 * Checks the arguments of the call.
 * @returns false when they are of no use at all, and V1 or V7 only warn
 * @throws ValidationError V1, V7
 */
export function checkCall(given: readonly unknown[], findings: Findings): boolean {
  const [environ, startResponse] = given;
  if (given.length !== 2) {
    findings.report("V1", `the application was called with ${given.length} arguments; expected two`);
  }
  if (typeof startResponse !== "function") {
    findings.report("V1", `startResponse is ${describeValue(startResponse)}; expected a function`);
  }
  if (!isPlainObject(environ)) {
    findings.report("V7", `environ is ${describeValue(environ)}; expected a plain object`);
  }
  return typeof environ === "object" && environ !== null && typeof startResponse === "function";
}

/** Of any realm: its prototype is null, or one that inherits from nothing. */
function isPlainObject(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || (Object.getPrototypeOf(prototype) === null && !Array.isArray(value));
}

const required = [
  "REQUEST_METHOD",
  "SERVER_NAME",
  "SERVER_PORT",
  "wsgi.version",
  "wsgi.input",
  "wsgi.errors",
  "wsgi.multithread",
  "wsgi.multiprocess",
  "wsgi.run_once",
] as const;

const methods: readonly unknown[] = ["GET", "HEAD", "POST", "OPTIONS", "PATCH", "PUT", "DELETE", "TRACE"];

/**
 * Checks every key that the convention knows. A key whose value is undefined counts as absent.
 * @throws ValidationError
 */
export function checkEnviron(environ: Fields, findings: Findings): void {
  if (Object.isFrozen(environ) || !Object.isExtensible(environ)) {
    findings.report("S5", "environ is frozen; expected an object of this request that can be changed");
  }
  for (const key of required) {
    if (environ[key] === undefined) findings.report("V8", `environ has no ${key}`);
  }
  checkVariables(environ, findings);
  checkRequest(environ, findings);
  checkPaths(environ, findings);
  checkGatewayKeys(environ, findings);
}

function checkVariables(environ: Fields, findings: Findings): void {
  for (const key of Object.keys(environ)) {
    // Extensions may be anything; and a look at tsgi.signal would make it.
    if (key.includes(".")) continue;
    const value = environ[key];
    if (value === undefined) continue;
    if (typeof value !== "string") {
      findings.report("V11", `${key} is ${describeValue(value)}; expected a string`);
    } else if (/[\u0100-\uffff]/.test(value)) {
      findings.report(
        "S81",
        `${key} is ${describeValue(value)}; expected one character up to U+00FF an octet`,
      );
    }
  }
  for (const key of ["CONTENT_TYPE", "CONTENT_LENGTH"]) {
    const repeated = environ[`HTTP_${key}`];
    // Some web servers (nginx) pass the header as well: that does no harm as long as both say the same.
    if (repeated === undefined || repeated === environ[key]) continue;
    findings.report(
      "V9",
      `HTTP_${key} is ${describeValue(repeated)} and ${key} ${describeValue(environ[key])}; expected ${key} alone`,
    );
  }
  if (environ["QUERY_STRING"] === undefined) findings.report("V10", "environ has no QUERY_STRING");
}

function checkRequest(environ: Fields, findings: Findings): void {
  const method = environ["REQUEST_METHOD"];
  if (method === "") findings.report("S17", "REQUEST_METHOD is empty");
  else if (!methods.includes(method)) {
    findings.report("V16", `REQUEST_METHOD is ${describeValue(method)}: an unusual method`);
  }
  for (const key of ["SERVER_NAME", "SERVER_PORT"]) {
    if (environ[key] === "") findings.report("S23", `${key} is empty`);
  }
  if (!environ["SERVER_PROTOCOL"]) {
    findings.report("S24", "environ has no SERVER_PROTOCOL; expected such as HTTP/1.1");
  }
  const length = environ["CONTENT_LENGTH"];
  if (typeof length === "string" && !/^[0-9]*$/.test(length)) {
    findings.report("V19", `CONTENT_LENGTH is ${describeValue(length)}; expected decimal digits or ""`);
  }
}

function checkPaths(environ: Fields, findings: Findings): void {
  const { SCRIPT_NAME: scriptName, PATH_INFO: pathInfo } = environ;
  const beginsWrongly = (path: unknown): boolean =>
    typeof path === "string" && path !== "" && !path.startsWith("/");
  if (beginsWrongly(scriptName)) {
    findings.report(
      "V17",
      `SCRIPT_NAME is ${describeValue(scriptName)}; expected "" or a path such as "/app"`,
    );
  }
  if (beginsWrongly(pathInfo)) {
    findings.report("V18", `PATH_INFO is ${describeValue(pathInfo)}; expected "" or a path such as "/x"`);
  }
  if (!scriptName && pathInfo === undefined) {
    findings.report("V20", 'SCRIPT_NAME is empty and there is no PATH_INFO; expected "/" at least');
  }
  if (scriptName === "/") {
    findings.report(
      "V21",
      'SCRIPT_NAME is "/"; expected "", and "/" in PATH_INFO. Behind nginx\'s stock parameters, set scriptName ' +
        '(--script-name "")',
    );
  }
}

const inputMethods = ["read", "readline", "readlines", "chunks", Symbol.asyncIterator] as const;
const errorMethods = ["flush", "write", "writelines"] as const;
const booleans: Readonly<Record<string, ValidationRuleName>> = {
  "wsgi.multithread": "S38",
  "wsgi.multiprocess": "S39",
  "wsgi.run_once": "S40",
};

function checkGatewayKeys(environ: Fields, findings: Findings): void {
  const version: unknown = environ["wsgi.version"];
  if (!Array.isArray(version)) {
    findings.report("V12", `wsgi.version is ${describeValue(version)}; expected [1, 0]`);
  } else if (version.length !== 2 || version[0] !== 1 || version[1] !== 0) {
    findings.report("S32", `wsgi.version is [${version.map(String).join(", ")}]; expected [1, 0]`);
  }
  const scheme = environ["wsgi.url_scheme"];
  if (scheme !== "http" && scheme !== "https") {
    findings.report("V13", `wsgi.url_scheme is ${describeValue(scheme)}; expected "http" or "https"`);
  }
  for (const [key, rule] of Object.entries(booleans)) {
    if (typeof environ[key] === "boolean") continue;
    findings.report(rule, `${key} is ${describeValue(environ[key])}; expected true or false`);
  }
  checkMethods("V14", "wsgi.input", environ["wsgi.input"], inputMethods, findings);
  checkMethods("V15", "wsgi.errors", environ["wsgi.errors"], errorMethods, findings);
  const wrapper = environ["wsgi.file_wrapper"];
  if (wrapper !== undefined && typeof wrapper !== "function") {
    findings.report("S100", `wsgi.file_wrapper is ${describeValue(wrapper)}; expected a function or none`);
  }
}

function checkMethods(
  rule: ValidationRuleName,
  key: string,
  stream: unknown,
  methodNames: ReadonlyArray<string | symbol>,
  findings: Findings,
): void {
  for (const name of methodNames) {
    if (typeof (stream as Record<string | symbol, unknown> | null | undefined)?.[name] === "function")
      continue;
    findings.report(
      rule,
      `${key} is ${describeValue(stream)} without ${String(name)}(); expected the method`,
    );
  }
}
