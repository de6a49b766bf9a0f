/**
 * Runs one case against a gateway that hosts `conformanceApplication` behind a web server, or one of an authorizer
 * against `conformanceAuthorizer` and `guardedApplication`.
 * @module
 */
import { isDeepStrictEqual } from "node:util";
import type {
  AskedCase,
  ConformanceRequest,
  ConformanceTarget,
  EnvironFacts,
  ExpectedAnswer,
  ReceivedAnswer,
} from "./conformance-cases/index.ts";
import { ConformanceFailure } from "./conformance-failure.ts";
import { allowancesFor } from "./front-end-allowances.ts";
import { sendRequest } from "./http-request.ts";

const defaultTimeoutMs = 20_000;

/**
 * Resolves when the answer is the expected one; does nothing where the target's allowances leave the case out.
 * @throws ConformanceFailure that lists each difference
 */
export async function runConformanceCase(one: AskedCase, target: ConformanceTarget): Promise<void> {
  const allowances = allowancesFor(one.name, target.allowances);
  if (allowances.some(({ leftOut }) => leftOut === true)) return;
  const answer = await ask(one, target);
  const expected: ExpectedAnswer = Object.assign({}, one.answer, ...allowances.map((each) => each.answer));
  const differences = compareAnswer(answer, expected);
  if (one.environ !== undefined && differences.length === 0) {
    const facts: EnvironFacts = Object.assign(
      {},
      one.environ(target),
      ...allowances.map((each) => each.environ),
    );
    differences.push(...compareEnviron(answer.body, facts));
  }
  if (differences.length > 0) throw new ConformanceFailure(one.name, differences);
}

async function ask(one: AskedCase, target: ConformanceTarget): Promise<ReceivedAnswer> {
  const send = (request: ConformanceRequest, onFirstOctets?: () => void): Promise<ReceivedAnswer> => {
    const query = request.query === undefined ? "" : `?${request.query}`;
    const path = `${target.mount}/${one.name}${request.path ?? ""}${query}`;
    const timeoutMs = target.timeoutMs ?? defaultTimeoutMs;
    return (target.send ?? sendRequest)(request, {
      origin: target.origin,
      path,
      timeoutMs,
      ...(onFirstOctets === undefined ? {} : { onFirstOctets }),
    });
  };
  const { thenRequest } = one;
  try {
    if (thenRequest === undefined) return await send(one.request ?? {});
    let second: Promise<unknown> | undefined;
    const first = await send(one.request ?? {}, () => {
      second = send(thenRequest);
      // It is awaited below, when the first has ended; until then a failure must not pass for an unhandled one.
      second.catch(() => {});
    });
    await second;
    return first;
  } catch (error) {
    throw new ConformanceFailure(one.name, [`expected an answer, got ${String(error)}`]);
  }
}

function compareAnswer(answer: ReceivedAnswer, expected: ExpectedAnswer): string[] {
  const differences: string[] = [];
  const expectedEnd = expected.ends ?? "whole";
  if (expectedEnd === "cut") {
    if (answer.status >= 500 || !answer.whole) return [];
    return [
      `expected an answer that breaks off, got status ${answer.status} and ${answer.body.length} octets, whole`,
    ];
  }
  if (!answer.whole)
    differences.push(`expected a whole answer, got one that broke off after ${answer.body.length} octets`);
  if (answer.status !== expected.status) {
    differences.push(`expected status ${expected.status}, got ${answer.status}: ${excerpt(answer.body)}`);
  }
  for (const [name, value] of Object.entries(expected.headers ?? {})) {
    const got = answer.headers.filter(([each]) => each === name).map(([, each]) => each);
    const wanted = value === null ? [] : typeof value === "string" ? [value] : value;
    if (!isDeepStrictEqual(got, [...wanted])) {
      differences.push(`expected header ${name} ${JSON.stringify(wanted)}, got ${JSON.stringify(got)}`);
    }
  }
  if (expected.body !== undefined) {
    const wanted = Buffer.from(expected.body);
    if (!wanted.equals(answer.body)) {
      differences.push(
        `expected a body of ${wanted.length} octets ${excerpt(wanted)}, got ${answer.body.length}: ${excerpt(answer.body)}`,
      );
    }
  }
  if (expected.bodyLacks !== undefined && Buffer.from(answer.body).includes(expected.bodyLacks)) {
    differences.push(`expected a body without "${expected.bodyLacks}", got ${excerpt(answer.body)}`);
  }
  return differences;
}

function compareEnviron(body: Uint8Array, facts: EnvironFacts): string[] {
  let environ: Record<string, unknown>;
  try {
    environ = JSON.parse(Buffer.from(body).toString()) as Record<string, unknown>;
  } catch {
    return [`expected the environ as JSON, got ${excerpt(body)}`];
  }
  return Object.entries(facts)
    .filter(([key, fact]) => fact !== undefined && !holds(environ[key], fact))
    .map(([key, fact]) => `expected environ ${key} ${show(fact)}, got ${show(environ[key])}`);
}

function holds(value: unknown, fact: unknown): boolean {
  if (fact === null) return value === undefined || value === "";
  if (fact instanceof RegExp) return typeof value === "string" && fact.test(value);
  return isDeepStrictEqual(value, fact);
}

function show(value: unknown): string {
  if (value === null) return "to be absent or empty";
  return value instanceof RegExp ? String(value) : (JSON.stringify(value)?.slice(0, 200) ?? "undefined");
}

function excerpt(octets: Uint8Array): string {
  return JSON.stringify(Buffer.from(octets.subarray(0, 80)).toString("latin1"));
}
