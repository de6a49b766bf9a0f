/** Holds docs/architecture.md: who may import whom, folders entered by their index, no cycles, files of readable size. */
import { describe, expect, it } from "vitest";
import { filesBelow, importsOf, readProjectFile, type Import } from "./support/source-tree.ts";

/** For each layer the layers and kinds of packages it may import. `node` is any node:* module. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  protocols: ["errors"],
  // A type and the function that names it: what a config file imports.
  config: [],
  bridge: ["errors", "protocols"],
  // Only node:fs: what a script loads, its visitor waits for.
  cgi: ["errors", "protocols", "bridge", "node"],
  // One job a file; what a well-kept package does better (ranges, negotiation) is that package's.
  middleware: ["errors", "bridge", "node", "package"],
  // Files and lines; what a line says is the bridge's.
  logs: ["errors", "bridge", "node"],
  adapters: ["errors", "bridge", "node"],
  client: ["errors", "protocols", "bridge", "node"],
  // ipaddr.js, for the list of peers.
  server: ["errors", "protocols", "bridge", "node", "package"],
  // Whatever starts a program: it chooses between the two.
  run: ["errors", "protocols", "bridge", "cgi", "server", "node"],
  testing: ["errors", "protocols", "bridge", "cgi", "client", "server", "node"],
  // Pages about workers and requests; it knows of neither processes nor applications.
  status: ["errors", "protocols", "server", "node", "package"],
  // Master and workers: it holds sockets and processes, never a protocol.
  process: ["errors", "server", "status", "node", "package"],
  cli: [
    "errors",
    "protocols",
    "bridge",
    "adapters",
    "middleware",
    "logs",
    "cgi",
    "client",
    "server",
    "process",
    "status",
    "testing",
    "run",
    "node",
    "package",
  ],
  // The package's entries: src/*.ts.
  entry: [
    "errors",
    "config",
    "protocols",
    "bridge",
    "adapters",
    "middleware",
    "logs",
    "cgi",
    "client",
    "server",
    "process",
    "testing",
    "run",
  ],
};

/** Protocols are strangers to each other. */
const protocolFolders = ["fastcgi", "scgi", "cgi"];

const files = filesBelow("src", ".ts");
const imports = files.flatMap(importsOf);

function layerOf(path: string): string {
  if (path.startsWith("node:")) return "node";
  if (!path.startsWith("src/")) return "package";
  const parts = path.split("/");
  return parts.length === 2 ? "entry" : (parts[1] ?? "");
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}

const describeImport = ({ from, to }: Import): string => `${from} -> ${to}`;

describe("architecture", () => {
  it("sees the imports it is about", () => {
    expect(imports.length).toBeGreaterThan(files.length);
    expect(imports.map((each) => layerOf(each.to))).toEqual(
      expect.arrayContaining(["errors", "protocols", "node"]),
    );
  });

  it.each(Object.entries(mayImport))("%s imports only what its row allows", (layer, allowed) => {
    const wrong = imports.filter(
      ({ from, to }) => layerOf(from) === layer && layerOf(to) !== layer && !allowed.includes(layerOf(to)),
    );
    expect(wrong.map(describeImport)).toEqual([]);
  });

  it("has a row for every layer", () => {
    expect([...new Set(files.map(layerOf))].filter((layer) => !(layer in mayImport))).toEqual([]);
  });

  it("keeps protocols strangers to each other", () => {
    const protocolOf = (path: string): string | undefined =>
      protocolFolders.find((folder) => path.startsWith(`src/protocols/${folder}/`));
    const wrong = imports.filter(
      ({ from, to }) =>
        protocolOf(from) !== undefined && protocolOf(to) !== undefined && protocolOf(from) !== protocolOf(to),
    );
    expect(wrong.map(describeImport)).toEqual([]);
  });

  it("enters a folder through its index, the protocols' shared files apart", () => {
    const wrong = imports.filter(
      ({ from, to }) =>
        to.startsWith("src/") &&
        folderOf(from) !== folderOf(to) &&
        folderOf(to) !== "src/protocols" &&
        !to.endsWith("/index.ts"),
    );
    expect(wrong.map(describeImport)).toEqual([]);
  });

  it("has no import cycle", () => {
    const targets = groupByFrom();
    const done = new Set<string>();
    const cycles: string[] = [];
    const visit = (path: string, trail: readonly string[]): void => {
      if (trail.includes(path)) cycles.push([...trail.slice(trail.indexOf(path)), path].join(" -> "));
      if (trail.includes(path) || done.has(path)) return;
      for (const next of targets.get(path) ?? []) visit(next, [...trail, path]);
      done.add(path);
    };
    for (const file of files) visit(file, []);
    expect(cycles).toEqual([]);
  });

  it("keeps every source file under 500 lines", () => {
    const long = files.filter((path) => readProjectFile(path).split("\n").length > 500);
    expect(long).toEqual([]);
  });
});

function groupByFrom(): Map<string, string[]> {
  const targets = new Map<string, string[]>();
  for (const { from, to } of imports) {
    if (to.startsWith("src/")) targets.set(from, [...(targets.get(from) ?? []), to]);
  }
  return targets;
}
