/** Says whom it runs as and what it finds around it: as it was when it was loaded, and now. */
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Application } from "../../../src/index.ts";

function look(): object {
  return {
    pid: process.pid,
    user: [process.getuid?.(), process.geteuid?.()],
    group: [process.getgid?.(), process.getegid?.()],
    groups: process.getgroups?.(),
    environment: process.env,
  };
}

const whenLoaded = look();

export const application: Application = (_environ, startResponse) => {
  const directory = mkdtempSync(join(tmpdir(), "tsgi-test-"));
  const file = join(directory, "file");
  writeFileSync(file, "");
  startResponse("200 OK", [["Content-Type", "application/json"]]);
  const made = (statSync(file).mode & 0o777).toString(8);
  rmSync(directory, { recursive: true });
  return [Buffer.from(JSON.stringify({ ...look(), whenLoaded, made }))];
};
