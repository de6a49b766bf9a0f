/** Reads the source tree for the tests that hold the architecture and the documentation to it. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

export const projectRoot = fileURLToPath(new URL("../..", import.meta.url));

/** All files below a folder of the project that end so, relative to the project, with "/" between names. */
export function filesBelow(folder: string, ending: string): string[] {
  return readdirSync(join(projectRoot, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => relative(projectRoot, join(entry.parentPath, entry.name)).replaceAll("\\", "/"))
    .filter((path) => !path.includes("node_modules/"))
    .sort();
}

export function readProjectFile(path: string): string {
  return readFileSync(join(projectRoot, path), "utf8");
}

export interface Import {
  readonly from: string;
  /** A project path for relative imports, else the specifier as written. */
  readonly to: string;
}

/** Every static and dynamic import and re-export of a source file with a literal specifier. */
export function importsOf(path: string): Import[] {
  const text = readProjectFile(path).replaceAll(/\/\*[\s\S]*?\*\//g, "");
  const pattern = /(?:^|\n)\s*(?:import|export)\s(?:[^;"]*?\sfrom\s)?"([^"]+)"|import\("([^"]+)"\)/g;
  return [...text.matchAll(pattern)].map((match) => {
    const specifier = match[1] ?? match[2] ?? "";
    const to = specifier.startsWith(".") ? join(dirname(path), specifier).replaceAll("\\", "/") : specifier;
    return { from: path, to };
  });
}
