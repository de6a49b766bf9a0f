/**
 * The environ against what a real flup made of the same parameters: equal, key by key, save for the rows of
 * docs/flup-parity.md. A row says from the request and flup's answer alone what is expected in its place.
 */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { buildEnviron } from "../../src/bridge/environ.ts";
import { RemoteProtocolError } from "../../src/errors/index.ts";
import { options, paramsBlock, usual, type Pairs } from "./environ-request.ts";

interface Recorded {
  readonly label: string;
  readonly protocol: "fcgi" | "scgi";
  readonly case: string;
  readonly params: Pairs;
  readonly environ: Readonly<Record<string, unknown>>;
  readonly warnings: string;
}

const recorded = gunzipSync(readFileSync(new URL("../fixtures/flup-environ.jsonl.gz", import.meta.url)))
  .toString("utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as Recorded);

interface Expected {
  environ: Record<string, unknown>;
  refused?: string;
}

interface Row {
  readonly id: string;
  /** Changes what is expected, and says whether it did. */
  apply(pair: Recorded, expected: Expected): boolean;
}

function sent(pair: Recorded, name: string): string | undefined {
  return pair.params.findLast(([other]) => other === name)?.[1];
}

/** Percent-decoding by another road than the source's. */
function decoded(text: string): string {
  return text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

function uriPath(pair: Recorded): string {
  return (sent(pair, "REQUEST_URI") ?? "").replace(/\?.*$/s, "").replace(/^[a-z]+:\/\/[^/]*/, "");
}

const recordedRows: readonly Row[] = [
  {
    id: "F2",
    apply(pair, { environ }) {
      let repeated = false;
      for (const name of new Set(pair.params.map(([each]) => each))) {
        const values = pair.params.filter(([each]) => each === name).map(([, value]) => value);
        if (values.length === 1) continue;
        repeated = true;
        environ[name] = values.join(name === "HTTP_COOKIE" ? "; " : ", ");
      }
      return repeated;
    },
  },
  {
    id: "F4",
    apply: (_pair, { environ }) => "HTTP_PROXY" in environ && delete environ.HTTP_PROXY,
  },
  {
    id: "F5",
    apply(pair, expected) {
      if (!pair.params.flat().some((text) => text.includes("\0"))) return false;
      expected.refused = "ERR_REQUEST_PARAMS";
      return true;
    },
  },
  {
    id: "F6",
    apply(pair, { environ }) {
      if (sent(pair, "SCRIPT_NAME") || sent(pair, "PATH_INFO")) return false;
      const before = environ.PATH_INFO;
      environ.PATH_INFO = decoded(uriPath(pair));
      return before !== environ.PATH_INFO;
    },
  },
  {
    id: "F7",
    apply(pair, { environ }) {
      const scriptName = sent(pair, "SCRIPT_NAME");
      if (!scriptName || sent(pair, "PATH_INFO")) return false;
      if (uriPath(pair).startsWith(scriptName) || !sent(pair, "REQUEST_URI")!.startsWith("/")) return false;
      // In all of these SCRIPT_NAME is the whole path in another spelling, or an index file.
      environ.PATH_INFO = "";
      return true;
    },
  },
  {
    id: "F8",
    apply(pair, { environ }) {
      if (sent(pair, "PATH_INFO") || !sent(pair, "REQUEST_URI")?.startsWith("http:")) return false;
      environ.PATH_INFO = uriPath(pair).slice(sent(pair, "SCRIPT_NAME")!.length);
      return true;
    },
  },
  {
    id: "F9",
    apply(pair, { environ }) {
      if (!sent(pair, "PATH_INFO")?.startsWith("/http:")) return false;
      environ.PATH_INFO = uriPath(pair);
      return true;
    },
  },
  {
    id: "F10",
    apply: (_pair, { environ }) => environ.CONTENT_LENGTH === "-1" && delete environ.CONTENT_LENGTH,
  },
  {
    id: "F12",
    apply(_pair, { environ }) {
      if (environ.SERVER_NAME !== "") return false;
      environ.SERVER_NAME = "localhost";
      return true;
    },
  },
  {
    id: "F15",
    apply(pair, { environ }) {
      if (pair.label !== "nginx-scgi-unbuffered" || environ.HTTP_CONTENT_LENGTH === undefined) return false;
      environ.CONTENT_LENGTH = environ.HTTP_CONTENT_LENGTH;
      return true;
    },
  },
];

type Environ = Readonly<Record<string, unknown>>;
const build = (pairs: Pairs, more: object = {}): Environ =>
  buildEnviron(paramsBlock(pairs), { ...options, ...more }).environ;
const refusal = (pairs: Pairs): string => {
  try {
    buildEnviron(paramsBlock(pairs), options);
  } catch (error) {
    if (error instanceof RemoteProtocolError) return error.code;
    throw error;
  }
  return "accepted";
};

/** Rows that no recorded request shows: what this project gives, and flup's answer for the same in the docs. */
const dedicatedRows: Readonly<Record<string, () => void>> = {
  F1: () => {
    const added = Object.keys(build(usual)).filter((name) => name.startsWith("tsgi."));
    expect(added).toEqual(["tsgi.protocol", "tsgi.role", "tsgi.signal"]);
    expect(build(usual)["wsgi.file_wrapper"]).toBe(options.fileWrapper);
  },
  F3: () => {
    const twice = [...usual, ["REMOTE_USER", "alice"], ["REMOTE_USER", "root"]] as const;
    expect(refusal(twice)).toBe("ERR_REQUEST_PARAMS");
  },
  F11: () => expect(refusal([...usual, ["CONTENT_LENGTH", "+1"]])).toBe("ERR_REQUEST_CONTENT_LENGTH"),
  F13: () => {
    expect(build([["CONTENT_LENGTH", "0"]], { protocol: "scgi" })).toMatchObject({
      REQUEST_METHOD: "GET",
      SERVER_NAME: "localhost",
      SERVER_PORT: "80",
      SERVER_PROTOCOL: "HTTP/1.0",
    });
  },
  F14: () => expect(build([["HTTPS", "on"]]).SERVER_PORT).toBe("443"),
  F16: () => {
    for (const word of ["ON", "On", "yes", "YES"]) {
      expect(build([...usual, ["HTTPS", word]])["wsgi.url_scheme"]).toBe("https");
    }
  },
  F17: () => {
    const given = build([...usual, ["wsgi.input_terminated", "1"], ["tsgi.data", "x"]]);
    expect(Object.keys(given)).not.toContain("wsgi.input_terminated");
    expect(Object.keys(given)).not.toContain("tsgi.data");
  },
  F18: () => {
    const request = { REQUEST_URI: "/old", SCRIPT_NAME: "/index.php" };
    const params = paramsBlock([...usual, ...Object.entries(request)]);
    for (const protocol of ["fastcgi", "scgi"] as const) {
      const { warnings } = buildEnviron(params, { ...options, protocol });
      expect(warnings).toEqual([expect.stringContaining("does not match REQUEST_URI")]);
    }
  },
  F19: () => expect(refusal([...usual, ["REQUEST_URI", "no-slash"]])).toBe("ERR_REQUEST_URI"),
  F20: () => expect(build([...usual, ["REQUEST_URI", "*"]]).PATH_INFO).toBe(""),
  F21: () => {
    const request = [...usual, ["SCRIPT_NAME", "/other/x"]] as const;
    expect(build(request, { scriptName: "/app", protocol: "scgi" })).toMatchObject({
      SCRIPT_NAME: "",
      PATH_INFO: "/other/x",
    });
  },
  F22: () => {
    const request = [...usual, ["SCRIPT_NAME", "/app"], ["REQUEST_URI", "/application"]] as const;
    expect(build(request).PATH_INFO).toBe("");
  },
  F23: () => {
    const request = [...usual, ["WSGI_SCRIPT_NAME", "/x"], ["REQUEST_URI", "/x/y"]] as const;
    expect(build(request, { protocol: "scgi" })).toMatchObject({ SCRIPT_NAME: "", PATH_INFO: "/x/y" });
  },
};

const used = new Set<string>();

describe("the environ that flup gave, for each recorded request", () => {
  const byLabel = new Map<string, Recorded[]>();
  for (const pair of recorded) byLabel.set(pair.label, [...(byLabel.get(pair.label) ?? []), pair]);
  for (const [label, pairs] of byLabel) {
    test(`${label}: ${pairs.length} requests`, () => {
      for (const pair of pairs) expectParity(pair);
    });
  }

  test("there are 626 of them", () => expect(recorded).toHaveLength(626));
});

function expectParity(pair: Recorded): void {
  const where = `${pair.label} ${pair.case}`;
  const expected: Expected = { environ: { ...pair.environ } };
  for (const row of recordedRows) if (row.apply(pair, expected)) used.add(row.id);
  const protocol = pair.protocol === "fcgi" ? "fastcgi" : "scgi";
  const make = () => buildEnviron(paramsBlock(pair.params), { ...options, protocol });
  if (expected.refused !== undefined) {
    expect(make, where).toThrow(expect.objectContaining({ code: expected.refused }) as Error);
    return;
  }
  const { environ, warnings } = make();
  const added = [
    "wsgi.input",
    "wsgi.errors",
    "wsgi.file_wrapper",
    "tsgi.protocol",
    "tsgi.role",
    "tsgi.signal",
  ];
  const comparable = Object.fromEntries(Object.entries(environ).filter(([name]) => !added.includes(name)));
  expect(comparable, where).toEqual(expected.environ);
  for (const name of ["REQUEST_METHOD", "SERVER_NAME", "SERVER_PORT", "SERVER_PROTOCOL"]) {
    const isWarned = warnings.some((line) => line.startsWith("missing") && line.includes(name));
    expect(isWarned, `${where}: ${name}`).toBe(pair.warnings.includes(`param ${name} `));
  }
  // F18: flup warns on any spelling but its own; here only when the two paths are really different ones.
  const isIndex = sent(pair, "SCRIPT_NAME") === "/index.php" && sent(pair, "PATH_INFO") !== "/index.php";
  const isUnrelated = isIndex && !uriPath(pair).startsWith("/index.php") && !sent(pair, "PATH_INFO");
  expect(
    warnings.some((line) => line.includes("does not match REQUEST_URI")),
    where,
  ).toBe(isUnrelated);
}

describe("the rows of docs/flup-parity.md", () => {
  for (const [id, check] of Object.entries(dedicatedRows)) test(`${id} holds in a case of its own`, check);

  test("each recorded row is used, and every row stands in the docs and the other way round", () => {
    expect([...used].sort()).toEqual(recordedRows.map((row) => row.id).sort());
    const docs = readFileSync(new URL("../../docs/flup-parity.md", import.meta.url), "utf8");
    const documented = [...docs.matchAll(/^\| (F\d+) +\|/gm)].map((match) => match[1]!);
    const tested = [...recordedRows.map((row) => row.id), ...Object.keys(dedicatedRows)];
    expect(documented.sort()).toEqual(tested.sort());
  });
});
