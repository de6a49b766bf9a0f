/** A script that cannot begin, because of how it is called, is a whole 500 to its visitor (O9). */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";
import { runScript } from "../support/script.ts";
import { projectRoot } from "../support/source-tree.ts";

const command = join(projectRoot, "dist/cli/tsgi.cjs");
const application = join(projectRoot, "test/cli/applications/plain.mjs");

it.each([
  ["an option that there is not", ["cgi", "--bogus", application], {}, "no option --bogus"],
  ["no module", ["run"], {}, "takes MODULE"],
  ["a variable that is no setting", ["cgi", application], { TSGI_BOGUS: "1" }, "TSGI_BOGUS"],
  ["a value that none can have", ["run", application], { TSGI_MAX_BODY: "many" }, "TSGI_MAX_BODY"],
])("%s", async (_, words, variables, cause) => {
  const answer = await runScript([command, ...words], { variables, endsInput: false });
  expect(answer).toMatchObject({ body: "Internal Server Error\n", status: 2 });
  expect(answer.head).toContain("Status: 500 Internal Server Error\r\n");
  expect(answer.errors).toMatch(/^tsgi: [^\n]*\n$/);
  expect(answer.errors).toContain(cause);
});

it("says nothing on standard output where no web server waits for it", () => {
  const env = { PATH: process.env["PATH"], TSGI_BOGUS: "1" };
  const { stdout, status } = spawnSync(process.execPath, [command, "cgi", application], { env });
  expect(String(stdout)).toBe("");
  expect(status).toBe(2);
});
