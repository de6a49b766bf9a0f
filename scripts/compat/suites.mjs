/**
 * The suites that `npm run compat` runs: data, read by the runner and by docs/compatibility.md.
 *
 * A tag may move, so each entry names the commit as well, and the runner refuses another one. `words` is the suite's own
 * test command without its reporter, its coverage and `--bail`.
 */

/**
 * @typedef {object} Suite
 * @property {string} name
 * @property {string} repository owner/name on GitHub
 * @property {string} tag
 * @property {string} commit
 * @property {"mocha" | "node" | "vitest" | "jest"} runner
 * @property {readonly string[]} words what the runner is given; a word with `*` stands for the files of that name
 * @property {readonly string[]} [leaveOut] files that such a word does not stand for
 * @property {readonly string[]} [packages] what the suite needs and does not install itself
 * @property {readonly (readonly string[])[]} [before] commands of its own test script that come before the tests
 */

/** @type {readonly Suite[]} */
export const suites = [
  {
    name: "express",
    repository: "expressjs/express",
    tag: "v5.2.1",
    commit: "dbac741a49a5a64336b70c06e85c2e2706e36336",
    runner: "mocha",
    words: ["--require", "test/support/env", "--check-leaks", "test/", "test/acceptance/"],
  },
  {
    name: "koa",
    repository: "koajs/koa",
    tag: "v3.2.0",
    commit: "e0ba8ef39d27fe5dae5492f9fe753d155124f994",
    runner: "node",
    words: ["--test"],
  },
  {
    name: "hono-node-server",
    repository: "honojs/node-server",
    tag: "v2.0.11",
    commit: "834e54f15cf12b80cf82823c845b2bab41056cf0",
    runner: "vitest",
    words: ["run"],
  },
  {
    name: "supertest",
    repository: "ladjs/supertest",
    tag: "v6.3.4",
    commit: "fd571c82cdce1a7ba93f9a576277dbe535fd381f",
    runner: "mocha",
    words: ["--require", "should", "--check-leaks"],
  },
  {
    name: "body-parser",
    repository: "expressjs/body-parser",
    tag: "v2.3.0",
    commit: "d0f2ace6c74769da7d19b8661b9a01c01bdb0bf7",
    runner: "mocha",
    words: ["--check-leaks", "test/"],
  },
  {
    name: "compression",
    repository: "expressjs/compression",
    tag: "v1.8.1",
    commit: "83a0c45fe190f4fcb8b515c18065db9cb9029dd1",
    runner: "mocha",
    words: ["--check-leaks"],
  },
  {
    name: "morgan",
    repository: "expressjs/morgan",
    tag: "1.10.1",
    commit: "c1c7f107d2b58d4b9af655b7347cfe29815a897c",
    runner: "mocha",
    words: ["--check-leaks"],
  },
  {
    name: "cors",
    repository: "expressjs/cors",
    tag: "v2.8.6",
    commit: "f00a8c1f0af727ffe5ed35f3b2d0b1a7eb4b65bb",
    runner: "mocha",
    words: ["--require", "test/support/env"],
  },
  {
    name: "serve-static",
    repository: "expressjs/serve-static",
    tag: "v2.2.1",
    commit: "76312e12c2754c226a685201ff43d785455d0590",
    runner: "mocha",
    words: ["--check-leaks", "test/"],
  },
  {
    name: "send",
    repository: "pillarjs/send",
    tag: "1.2.1",
    commit: "096a6148bea0b82ca974fe0016e6eac280869249",
    runner: "mocha",
    words: ["--check-leaks"],
  },
  {
    name: "finalhandler",
    repository: "pillarjs/finalhandler",
    tag: "v2.1.1",
    commit: "aa2851f6b6cf48238a307299be691721530e9172",
    runner: "mocha",
    words: ["--check-leaks", "test/"],
  },
  {
    name: "router",
    repository: "pillarjs/router",
    tag: "v2.2.0",
    commit: "e6d6b609fc355e558174ccd5b1db646f739fe88c",
    runner: "mocha",
    words: ["--check-leaks", "test/"],
  },
  {
    name: "connect",
    repository: "senchalabs/connect",
    tag: "3.7.0",
    commit: "fa8916e6350e01262e86ccee82f490c65e04c728",
    runner: "mocha",
    words: ["--require", "test/support/env", "--check-leaks", "test/"],
  },
  {
    name: "cookie-parser",
    repository: "expressjs/cookie-parser",
    tag: "1.4.7",
    commit: "5d61e1e2f3f18efe8f94e5fad2886b48864d6c78",
    runner: "mocha",
    words: ["--check-leaks", "test/"],
  },
  {
    name: "cookie-session",
    repository: "expressjs/cookie-session",
    tag: "v2.1.1",
    commit: "beb3ece1bacf56b4e9970bce628f8831855560d6",
    runner: "mocha",
    words: ["--check-leaks", "test/"],
  },
  {
    name: "express-session",
    repository: "expressjs/session",
    tag: "v1.19.0",
    commit: "c10b2a383841766899f6dcf53c8aff8c7fd3d2e7",
    runner: "mocha",
    before: [["./test/support/gencert.sh"]],
    words: ["--require", "test/support/env", "--check-leaks", "test/"],
  },
  {
    name: "method-override",
    repository: "expressjs/method-override",
    tag: "3.0.0",
    commit: "5b83d4f0dc3db414df6c7e4a5da93dec170153de",
    runner: "mocha",
    words: ["--check-leaks", "test/"],
  },
  {
    name: "multer",
    repository: "expressjs/multer",
    tag: "v2.1.1",
    commit: "368c8a10cca11854cf17c24029fefd1eafb1c059",
    runner: "mocha",
    words: ["--check-leaks", "test/"],
  },
  {
    name: "response-time",
    repository: "expressjs/response-time",
    tag: "v2.3.4",
    commit: "81090b8293cade5e4d9a9cd5a6536d19b4530762",
    runner: "mocha",
    words: [],
  },
  {
    name: "serve-favicon",
    repository: "expressjs/serve-favicon",
    tag: "2.5.1",
    commit: "83da8d55d6511c716f31d9ecd9bf96bdda61fc0a",
    runner: "mocha",
    words: ["--check-leaks", "test/"],
  },
  {
    name: "serve-index",
    repository: "expressjs/serve-index",
    tag: "v1.9.2",
    commit: "6f86a185446a37a99b2cd9694ce93df996aeba6f",
    runner: "mocha",
    words: ["--check-leaks", "test/"],
  },
  {
    name: "vhost",
    repository: "expressjs/vhost",
    tag: "v3.0.2",
    commit: "2dff3f358265380328067d1ffc91e342b665f586",
    runner: "mocha",
    words: ["--check-leaks", "test/"],
  },
  {
    name: "errorhandler",
    repository: "expressjs/errorhandler",
    tag: "1.5.2",
    commit: "f6bec9f930c1e043f6cb6a5d74e21091269a02e3",
    runner: "mocha",
    words: ["--check-leaks", "test/"],
  },
  {
    name: "connect-timeout",
    repository: "expressjs/timeout",
    tag: "v1.9.1",
    commit: "438739849fe5cc2ccf748c0419199dba26cfa263",
    runner: "mocha",
    words: ["--check-leaks", "test/"],
  },
  {
    name: "helmet",
    repository: "helmetjs/helmet",
    tag: "v8.3.0",
    commit: "75f1a98ec3cf092cc985985efcc0479265c9fe32",
    runner: "node",
    // Without the tests that build and install helmet itself.
    words: ["--import", "tsx", "--test", "test/*.test.ts"],
    leaveOut: ["test/project-setups.test.ts", "test/source-files.test.ts"],
  },
  {
    name: "on-finished",
    repository: "jshttp/on-finished",
    tag: "v2.4.1",
    commit: "1111fe8e913debaf3da9bd4f6bda216ef36097fa",
    runner: "mocha",
    words: ["--check-leaks", "test/"],
  },
  {
    name: "on-headers",
    repository: "jshttp/on-headers",
    tag: "v1.1.0",
    commit: "4b017af88f5375bbdf3ad2ee732d2c122e4f52b0",
    runner: "mocha",
    words: ["--check-leaks", "test/test.js"],
  },
  {
    name: "raw-body",
    repository: "stream-utils/raw-body",
    tag: "v4.0.0",
    commit: "c3949f885af40733c680eb410b7d1f5aeddc2877",
    runner: "vitest",
    words: ["run"],
  },
  {
    name: "koa-static",
    repository: "koajs/static",
    tag: "5.0.0",
    commit: "9b11d848086cd56ac8552b983a22d7386049aca8",
    runner: "mocha",
    words: [],
  },
  {
    name: "koa-compress",
    repository: "koajs/compress",
    tag: "v5.1.1",
    commit: "6ac310f6a7147a1c8422ec684442e663a353bf28",
    runner: "jest",
    words: [],
  },
  {
    name: "fastify",
    repository: "fastify/fastify",
    tag: "v5.12.1",
    commit: "7d196a998c422062a3aaa3f8041db91ad576cea0",
    runner: "node",
    // Without the tests of what Node's own server does with its connections: time limits, closing, upgrades.
    words: ["--test", "test/*.test.js"],
    leaveOut: [
      "test/client-timeout.test.js",
      "test/close-pipelining.test.js",
      "test/close.test.js",
      "test/connection-timeout.test.js",
      "test/header-overflow.test.js",
      "test/keep-alive-timeout.test.js",
      "test/max-requests-per-socket.test.js",
      "test/request-timeout.test.js",
      "test/upgrade.test.js",
    ],
  },
];
