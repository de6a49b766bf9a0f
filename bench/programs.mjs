/** The programs that the benchmark is made of, and what to do where one is missing. */
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Something that has to be there before anything can be measured: for standard error, exit status 2. */
export class MissingError extends Error {}

const debianPackages = { nginx: "nginx-light", wrk: "wrk" };

/** The build of tsgi that is measured. */
export const tsgiMain = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));

/**
 * @returns {{ nginx: string, wrk: string }} their paths
 * @throws MissingError when one of them, Linux's /proc or the build is not there
 */
export function findPrograms() {
  if (process.platform !== "linux")
    throw new MissingError("the benchmark reads Linux's /proc: it runs on Linux only");
  const nginx = find("nginx");
  const wrk = find("wrk");
  const missing = Object.entries({ nginx, wrk }).filter(([, path]) => path === undefined);
  if (missing.length > 0) {
    const packages = missing.map(([name]) => debianPackages[name]).join(" ");
    throw new MissingError(
      `${missing.map(([name]) => name).join(" and ")} not found: sudo apt-get install --no-install-recommends ${packages}`,
    );
  }
  if (!existsSync(tsgiMain)) throw new MissingError("dist/cli/main.js not found: npm run build");
  return { nginx, wrk };
}

function find(program) {
  const path = process.env.PATH ?? "";
  // Debian's nginx is in /usr/sbin, which is often not on an ordinary user's PATH; an empty PATH means "nowhere".
  const places = path === "" ? [] : [...path.split(delimiter), "/usr/sbin", "/usr/local/sbin"];
  return places.map((place) => join(place, program)).find((file) => existsSync(file));
}
