import { describe, expect, it } from "vitest";
import { readEnvironment } from "../../src/cli/read-environment.ts";
import { SettingProblems } from "../../src/cli/setting-problems.ts";
import { commands } from "../../src/cli/settings.ts";

function read(
  environment: Record<string, string>,
  name = "serve",
): { values: Record<string, unknown>; problems: string[] } {
  const command = commands.find((each) => each.name === name);
  if (command === undefined) throw new Error(`no command ${name}`);
  const problems = new SettingProblems();
  const values = readEnvironment(command, environment, problems);
  return { values, problems: problems.messages() };
}

describe("the environment", () => {
  it("has every kind of value", () => {
    const { values, problems } = read({
      TSGI_APPLICATION: "./app.ts:other",
      TSGI_FASTCGI: "unix:/run/a.sock, :9000",
      TSGI_SCRIPT_NAME: "/app",
      TSGI_SOCKET_MODE: "0600",
      TSGI_MAX_BODY: "2K",
      TSGI_WORKERS: "auto",
      TSGI_GRACEFUL_TIMEOUT: "2.5",
      TSGI_DEBUG: "no",
      PATH: "/bin",
    });
    expect(problems).toEqual([]);
    expect(values).toEqual({
      application: "./app.ts:other",
      fastcgi: [
        { kind: "unix", path: "/run/a.sock" },
        { kind: "tcp", host: "127.0.0.1", port: 9000 },
      ],
      "script-name": "/app",
      "socket-mode": 0o600,
      "max-body": 2048,
      workers: "auto",
      "graceful-timeout": 2.5,
      debug: false,
    });
  });

  it("sets nothing by an empty variable, but for a setting that may be empty", () => {
    expect(read({ TSGI_WORKERS: "", TSGI_FASTCGI: "", TSGI_SCRIPT_NAME: "" })).toEqual({
      values: { "script-name": "" },
      problems: [],
    });
  });

  it("is wrong in more than one place at once", () => {
    expect(
      read({ TSGI_WORKERS: "many", TSGI_FASTCGI: ":9000,nowhere", TSGI_DEBUG: "maybe" }).problems,
    ).toEqual([
      expect.stringMatching(/^TSGI_FASTCGI: .*nowhere/),
      'TSGI_WORKERS is "many": expected a whole number above 0, or auto',
      'TSGI_DEBUG is "maybe": expected 1 or 0, true or false',
    ]);
  });

  it.each([
    ["TSGI_WROKERS", "did you mean TSGI_WORKERS?"],
    ["TSGI_FASTCGIS", "did you mean TSGI_FASTCGI?"],
    ["TSGI_CHECK", "which is no setting"],
    ["TSGI_ANYTHING_ELSE_AT_ALL", "unset it"],
    ["TSGI_PORT", "which is no setting"],
  ])("may not have %s: %s", (name, hint) => {
    expect(read({ [name]: "1" }).problems).toEqual([
      expect.stringMatching(new RegExp(`the environment has ${name}.*${hint.replace("?", "\\?")}`)),
    ]);
  });

  it("may have what is this project's own and no setting, and what another command takes", () => {
    const own = { TSGI_RAW_HANDLES: "0", TSGI_INHERITED_SOCKETS: "[]", TSGI_SKIP_SERVERS: "1" };
    expect(read(own)).toEqual({ values: {}, problems: [] });
    expect(read({ TSGI_WORKERS: "2", TSGI_MAX_BODY: "1" }, "cgi")).toEqual({
      values: { "max-body": 1 },
      problems: [],
    });
    expect(read({ TSGI_NPH: "1" })).toEqual({ values: {}, problems: [] });
  });

  it("may have what Kubernetes puts there for a service called tsgi, below Kubernetes", () => {
    const variables = {
      TSGI_SERVICE_HOST: "10.0.0.1",
      TSGI_SERVICE_PORT: "9000",
      TSGI_SERVICE_PORT_FASTCGI: "9000",
      TSGI_PORT: "tcp://10.0.0.1:9000",
      TSGI_PORT_9000_TCP_ADDR: "10.0.0.1",
    };
    expect(read({ ...variables, KUBERNETES_SERVICE_HOST: "10.0.0.2" })).toEqual({ values: {}, problems: [] });
    expect(read(variables).problems).toHaveLength(5);
  });
});
