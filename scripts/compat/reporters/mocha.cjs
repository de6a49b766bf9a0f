/**
 * A reporter for every mocha from 3 on: one line of JSON for each test, written at once, so that what has run counts
 * also when the process ends early. Where to: TSGI_COMPAT_RESULTS.
 */
"use strict";
const { appendFileSync } = require("node:fs");

module.exports = function CompatReporter(runner) {
  const write = (test, state, error) => {
    const line = { title: test.fullTitle(), state, message: String(error?.message ?? error ?? "") };
    appendFileSync(process.env.TSGI_COMPAT_RESULTS, `${JSON.stringify(line)}\n`);
  };
  runner.on("pass", (test) => write(test, "passed"));
  runner.on("pending", (test) => write(test, "skipped"));
  runner.on("fail", (test, error) => write(test, "failed", error));
};
