/** The command line of the benchmark. */
import { parseArgs } from "node:util";

export const usage = `usage: npm run bench -- [--rounds N] [--seconds S] [--only NAME]... [--quick] [--also NAME=MAIN]...

  --rounds N       rounds, of which the median is shown (5; 31 of the CGI programs)
  --seconds S      load on each back end in each round (2)
  --only NAME      only this work; repeatable. The names are in the first column of the table
  --quick          one short round with small transfers: shows that the benchmark works, not how fast anything is
  --also NAME=MAIN measure another build of tsgi beside this one; MAIN is its dist/cli/main.js
`;

const full = {
  rounds: 5,
  // A process is measured in milliseconds, so many of them cost little, and steady the median.
  scriptRounds: 31,
  seconds: 2,
  warmSeconds: 1,
  connections: 10_000,
  throughOctets: 200 * 1_048_576,
};
const quick = {
  rounds: 1,
  scriptRounds: 1,
  seconds: 1,
  warmSeconds: 0.2,
  connections: 500,
  throughOctets: 20 * 1_048_576,
};

/** Wrong usage: the message is for standard error, the exit status is 2. */
export class UsageError extends Error {}

/**
 * @param {readonly string[]} words what came after the script's name
 * @returns the settings; `help` when only the usage is wanted
 */
export function parseOptions(words) {
  const { values } = parse(words);
  const base = values.quick ? quick : full;
  const also = (values.also ?? []).map((text) => {
    const mark = text.indexOf("=");
    if (mark < 1)
      throw new UsageError(`--also ${text}: it takes NAME=MAIN, for example before=../old/dist/cli/main.js`);
    return { name: text.slice(0, mark), main: text.slice(mark + 1) };
  });
  const seconds = positive("--seconds", values.seconds) ?? base.seconds;
  return {
    ...base,
    seconds,
    warmSeconds: Math.min(base.warmSeconds, seconds),
    help: values.help ?? false,
    quick: values.quick ?? false,
    rounds: Math.ceil(positive("--rounds", values.rounds) ?? base.rounds),
    scriptRounds: Math.ceil(positive("--rounds", values.rounds) ?? base.scriptRounds),
    only: values.only ?? [],
    also,
  };
}

function parse(words) {
  try {
    return parseArgs({
      args: [...words],
      options: {
        help: { type: "boolean", short: "h" },
        rounds: { type: "string" },
        seconds: { type: "string" },
        only: { type: "string", multiple: true },
        quick: { type: "boolean" },
        also: { type: "string", multiple: true },
      },
    });
  } catch (error) {
    throw new UsageError(error.message, { cause: error });
  }
}

function positive(name, text) {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (value > 0 && value <= 3_600) return value;
  throw new UsageError(`${name} is ${text}: it takes a number above 0, at most 3600`);
}
