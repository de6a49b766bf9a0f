/** A reporter for node:test: the same lines as mocha.cjs writes, on its own output. */

/** @param {AsyncIterable<{ type: string, data: any }>} events */
export default async function* report(events) {
  /** The titles of what is under way, one for each level. */
  const open = [];
  for await (const { type, data } of events) {
    if (type === "test:start") {
      open.length = data.nesting;
      open.push(data.name);
    }
    if (type !== "test:pass" && type !== "test:fail") continue;
    if (data.details?.type === "suite" || isFile(data)) continue;
    const title = [...open.slice(0, data.nesting), data.name].join(" ");
    let state = type === "test:pass" ? "passed" : "failed";
    if (data.skip !== undefined || data.todo !== undefined) state = "skipped";
    const error = data.details?.error;
    yield `${JSON.stringify({ title, state, message: String(error?.cause?.message ?? error?.message ?? "") })}\n`;
  }
}

/** Node.js before 22 reports each file as a test around those in it. */
function isFile({ name, nesting }) {
  return nesting === 0 && /\.[cm]?[jt]s$/.test(name);
}
