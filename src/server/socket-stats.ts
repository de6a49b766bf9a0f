/**
 * How to look at a file that may be a socket or a pipe.
 *
 * Node.js 20 and 22 resolve links (fs.realpathSync, and with it `import`) by the numbers of the last synchronous stat,
 * and stop at the first folder where those were of a socket or a pipe: modules that are imported later, from a
 * `node_modules` of links such as pnpm's, are then loaded once more under the link's name, or are not found. The
 * numbers of a stat with bigints are kept elsewhere.
 * @module
 */

/** The options for `statSync`, `lstatSync` and `fstatSync`. */
export const asBigInt = { bigint: true } as const;
