/**
 * The validator's look at what startResponse is given: status, headers and excInfo (V22-V38 and others).
 * @module
 */
import { types } from "node:util";
import { describeValue, isHopByHop } from "../bridge/index.ts";
import type { Findings } from "./validator-findings.ts";

/**
 * Checks a status such as "200 OK".
 * @returns its code; NaN when there is none, and its rule only warns
 * @throws ValidationError V22-V25, A16, A30
 */
export function checkStatus(status: unknown, findings: Findings): number {
  if (typeof status !== "string") {
    findings.report("V22", `the status is ${describeValue(status)}; expected a string such as "200 OK"`);
    return NaN;
  }
  const shown = describeValue(status);
  const [code = ""] = status.trim().split(/\s/, 1);
  if (code.length !== 3) {
    findings.report("V23", `the status is ${shown}; expected three digits first, as in "200 OK"`);
  }
  if (!/^[1-9][0-9]{2}$/.test(code)) {
    findings.report("V24", `the status is ${shown}; expected a number from 100 to 999 first, as in "200 OK"`);
  }
  if (status.charAt(3) !== " " || status.length < 5) {
    findings.report("V25", `the status is ${shown}; expected one space and a reason behind the code`);
  }
  if (/[^ -~\x80-\uffff]|^ | $|^.{3} {2}/.test(status)) {
    findings.report("A16", `the status is ${shown}; expected no control character and no further space`);
  }
  checkNative("the status", status, findings);
  return Number(code);
}

/** What the rest of the validator needs of the headers. */
export interface HeaderFacts {
  readonly hasContentType: boolean;
  /** What Content-Length says; undefined when there is none, or none that can be read. */
  readonly contentLength: number | undefined;
}

/**
 * Checks a list of headers.
 * @throws ValidationError V26-V35, A19, A20, A30, X1
 */
export function checkHeaders(headers: unknown, findings: Findings): HeaderFacts {
  let hasContentType = false;
  let contentLength: number | undefined;
  if (!Array.isArray(headers)) {
    findings.report("V26", `the headers are ${describeValue(headers)}; expected an array of [name, value]`);
    return { hasContentType, contentLength };
  }
  for (const [index, header] of (headers as unknown[]).entries()) {
    const pair = checkPair(header, index, findings);
    if (pair === undefined) continue;
    const [name, value] = pair;
    const lower = name.toLowerCase();
    if (lower === "content-type") hasContentType = true;
    if (lower !== "content-length") continue;
    if (contentLength !== undefined) findings.report("X1", "Content-Length stands twice; expected it once");
    contentLength = checkLength(value, findings);
  }
  return { hasContentType, contentLength };
}

function checkPair(header: unknown, index: number, findings: Findings): [string, string] | undefined {
  if (!Array.isArray(header)) {
    findings.report("V27", `header ${index} is ${describeValue(header)}; expected [name, value]`);
    return undefined;
  }
  if (header.length !== 2) {
    findings.report("V28", `header ${index} is an array of ${header.length}; expected [name, value]`);
  }
  const name: unknown = header[0];
  const value: unknown = header[1];
  if (typeof name !== "string") {
    findings.report("V29", `the name of header ${index} is ${describeValue(name)}; expected a string`);
    return undefined;
  }
  if (typeof value !== "string") {
    findings.report(
      "V30",
      `the value of ${describeName(name)} is ${describeValue(value)}; expected a string`,
    );
    return undefined;
  }
  checkName(name, findings);
  checkValue(name, value, findings);
  return [name, value];
}

function checkName(name: string, findings: Findings): void {
  const shown = describeName(name);
  if (name.toLowerCase() === "status") {
    findings.report("V31", `there is a header ${shown}; the status is startResponse's first argument`);
  }
  if (/[\n:]/.test(name)) {
    findings.report("V32", `a header is called ${shown}; expected a name without line feed and colon`);
  }
  if (!/^[a-zA-Z][a-zA-Z0-9_-]*$/.test(name)) {
    findings.report("V33", `a header is called ${shown}; expected a letter, then letters, digits, - and _`);
  }
  if (/[-_]$/.test(name)) {
    findings.report("V34", `a header is called ${shown}; expected a name that does not end in - or _`);
  }
  if (isHopByHop(name)) {
    findings.report("A20", `the header ${shown} is hop-by-hop: the connection is the web server's affair`);
  }
}

function checkValue(name: string, value: string, findings: Findings): void {
  const shown = describeName(name);
  if (/[^ -\uffff]/.test(value)) {
    findings.report("V35", `the value of ${shown} is ${describeValue(value)}; expected no control character`);
  }
  if (value.includes("\x7f")) {
    findings.report("A19", `the value of ${shown} is ${describeValue(value)}; expected no control character`);
  }
  checkNative(`the value of ${shown}`, value, findings);
}

function checkNative(what: string, text: string, findings: Findings): void {
  if (!/[\u0100-\uffff]/.test(text)) return;
  findings.report(
    "A30",
    `${what} is ${describeValue(text)}; expected one character up to U+00FF for each octet: encode it, ` +
      'for example with encodeURIComponent(text) or Buffer.from(text).toString("latin1")',
  );
}

function checkLength(value: string, findings: Findings): number | undefined {
  if (/^[0-9]{1,15}$/.test(value)) return Number(value);
  findings.report("X1", `Content-Length is ${describeValue(value)}; expected a decimal number`);
  return undefined;
}

/** True for the statuses that have neither content nor a type of it. */
export function hasNoContent(code: number): boolean {
  return code === 204 || code === 304;
}

/**
 * Checks that content has a type, and no content none.
 * @throws ValidationError V36, V37
 */
export function checkContentType(code: number, hasContentType: boolean, findings: Findings): void {
  if (hasNoContent(code)) {
    if (hasContentType) findings.report("V36", `a ${code} has a Content-Type; it has no content`);
  } else if (!hasContentType) {
    findings.report("V37", `the headers have no Content-Type; expected one with the status ${code}`);
  }
}

/**
 * Checks a thrown value. Anything can be thrown in TypeScript, but some values show that something else was meant.
 * @throws ValidationError V38
 */
export function checkExcInfo(excInfo: unknown, findings: Findings): void {
  if (Array.isArray(excInfo) || typeof excInfo === "boolean") {
    findings.report(
      "V38",
      `excInfo is ${describeValue(excInfo)}; expected the thrown value itself, as in catch (error)`,
    );
  } else if (!types.isNativeError(excInfo) && !(excInfo instanceof Error)) {
    findings.report("A22", `excInfo is ${describeValue(excInfo)}; expected an Error, which has a stack`);
  }
}

function describeName(name: string): string {
  return JSON.stringify(name.length > 60 ? `${name.slice(0, 60)}...` : name);
}
