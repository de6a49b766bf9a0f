/**
 * Why a test comes out differently through the gateway. The runner fails for a difference that is not here, and for one
 * that is here and does not occur.
 */

/**
 * @typedef {object} Explanation
 * @property {readonly string[]} titles of the tests, with those of the blocks around them
 * @property {string} reason a sentence or two, in Markdown
 * @property {boolean} [varies] timing decides, so that the difference may be missing
 */

/** By suite. @type {Readonly<Record<string, readonly Explanation[]>>} */
export const differences = {};
