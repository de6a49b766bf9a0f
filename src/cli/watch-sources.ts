/**
 * Tells when a source file has changed: what `--reload` goes by.
 *
 * Every directory below the working directory and the application's own is watched, but for node_modules, those that begin
 * with a dot, and links.
 * What is compared is a file's time and size: systems report more than changes, and an application that writes a file
 * beside its sources must not be loaded for ever.
 * @module
 */
import { readdirSync, statSync, watch, type FSWatcher } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import type { MasterLog } from "../process/index.ts";

/** Endings of what an application is made of. */
const sourcePattern = /\.(?:[cm]?[jt]sx?|json)$/;

/** More are most likely not an application's. */
const maxDirectories = 5_000;

/** An editor that saves, or a tool that writes many files, is done when nothing has come for so long, in ms. */
const quietMs = 50;

/** So many changed files are named in one line. */
const maxNamed = 3;

/**
 * Watches until the function that is returned is called.
 * @param root - the working directory
 * @param specifier - the application, relative to it
 * @param changed - gets what has changed, as words for a log line
 */
export function watchSources(
  root: string,
  specifier: string,
  changed: (what: string) => void,
  log: MasterLog,
): () => void {
  const watcher = new SourceWatcher(root, changed, log);
  watcher.add(root);
  // Most often it is watched already.
  watcher.add(dirname(resolve(root, specifier)));
  return () => watcher.close();
}

class SourceWatcher {
  readonly #root: string;
  readonly #changed: (what: string) => void;
  readonly #log: MasterLog;
  readonly #watchers = new Map<string, FSWatcher>();
  /** Time and size of each source file, by its path. */
  readonly #versions = new Map<string, string>();
  readonly #names = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #isFull = false;

  constructor(root: string, changed: (what: string) => void, log: MasterLog) {
    this.#root = root;
    this.#changed = changed;
    this.#log = log;
  }

  /** Watches a directory and those below it. @returns the source files that are there */
  add(directory: string): string[] {
    if (this.#watchers.has(directory) || this.#isFull) return [];
    if (this.#watchers.size >= maxDirectories) {
      this.#isFull = true;
      this.#log("warning", `--reload watches ${maxDirectories} directories, and there are more`);
      return [];
    }
    try {
      // Before they are read: what comes between is reported.
      const watcher = watch(directory, (_event, name) => this.#look(directory, name));
      watcher.on("error", () => this.#remove(directory));
      this.#watchers.set(directory, watcher);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      // The system's own bound: the next directory would be refused as well.
      this.#isFull = code === "ENOSPC" || code === "EMFILE";
      this.#log("warning", `--reload cannot watch ${directory}: ${message}`);
      return [];
    }
    const files: string[] = [];
    for (const entry of entriesOf(directory)) {
      const path = join(directory, entry.name);
      if (entry.isDirectory()) {
        if (isWatched(entry.name)) files.push(...this.add(path));
      } else if (sourcePattern.test(entry.name)) {
        this.#versions.set(path, versionOf(path) ?? "");
        files.push(path);
      }
    }
    return files;
  }

  close(): void {
    clearTimeout(this.#timer);
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  #look(directory: string, name: string | null): void {
    // Some systems do not say which file it was.
    const names = name === null ? entriesOf(directory).map((entry) => entry.name) : [name];
    for (const each of names) this.#lookAt(join(directory, each));
  }

  #lookAt(path: string): void {
    const version = versionOf(path);
    if (version === "directory") {
      if (isWatched(basename(path))) for (const file of this.add(path)) this.#report(file);
      return;
    }
    if (version === undefined) this.#remove(path);
    if (!sourcePattern.test(path) || this.#versions.get(path) === version) return;
    if (version === undefined) this.#versions.delete(path);
    else this.#versions.set(path, version);
    this.#report(path);
  }

  /** It may come back under the same name, as another directory. */
  #remove(directory: string): void {
    for (const [path, watcher] of this.#watchers) {
      if (path !== directory && !path.startsWith(`${directory}/`)) continue;
      watcher.close();
      this.#watchers.delete(path);
    }
  }

  #report(path: string): void {
    this.#names.add(relative(this.#root, path));
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      const names = [...this.#names];
      this.#names.clear();
      const more = names.length > maxNamed ? ` and ${names.length - maxNamed} more` : "";
      this.#changed(
        `${names.slice(0, maxNamed).join(", ")}${more} ${names.length === 1 ? "has" : "have"} changed`,
      );
    }, quietMs);
  }
}

function isWatched(directoryName: string): boolean {
  return directoryName !== "node_modules" && !directoryName.startsWith(".");
}

function entriesOf(directory: string): import("node:fs").Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch {
    // It has gone meanwhile.
    return [];
  }
}

/** Something that changes with the file; undefined where there is none. */
function versionOf(path: string): string | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return undefined;
  return found.isDirectory() ? "directory" : `${found.mtimeMs} ${found.size}`;
}
