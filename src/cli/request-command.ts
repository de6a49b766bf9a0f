/**
 * `tsgi request`: one request to a gateway, as curl would send one to a web server.
 * @module
 */
import { readFile } from "node:fs/promises";
import { STATUS_CODES } from "node:http";
import type { Readable, Writable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import {
  buildRequestParams,
  GatewayClient,
  parseGatewayTarget,
  type GatewayResponse,
  type GatewayTarget,
} from "../client/index.ts";
import { ConfigurationError, TsgiError } from "../errors/index.ts";
import { ExitStatus, type ExitStatusCode } from "./exit-status.ts";
import type { CommandLine } from "./parse-command-line.ts";

/** One request and where its answer goes. */
export interface RequestRun {
  readonly to: GatewayTarget;
  /** The request target: `/path?query`, escaped as in a URL; native string. */
  readonly path: string;
  /** Default: POST with a body, else GET. */
  readonly method?: string;
  /** `Name: value` lines, native strings. `Name:` takes a default header away, `Name;` sends an empty one. */
  readonly headers?: readonly string[];
  readonly body?: Uint8Array;
  /** Print the head of the answer too. */
  readonly include?: boolean;
  /** Print the stack of an error too. */
  readonly debug?: boolean;
  readonly stdout: Writable;
  readonly stderr: Writable;
}

/**
 * Sends the request and writes the body of the answer to `stdout`, FCGI_STDERR to `stderr`. Resolves with 0 whatever
 * the answer's status is, and with 1, after one line on `stderr`, when there is no whole answer.
 * @throws ConfigurationError ERR_CONFIG_OPTION for a path or header that cannot be sent
 */
export async function runRequest(run: RequestRun): Promise<ExitStatusCode> {
  const params = requestParams(run);
  const { body, stdout, stderr } = run;
  const client = new GatewayClient({ ...run.to, maxIdleConnections: 0 });
  try {
    const answer = await client.request({
      params,
      onErrors: (octets) => stderr.write(octets),
      ...(body && { body }),
    });
    if (run.include) stdout.write(headText(answer), "latin1");
    await pipeline(answer.body, stdout, { end: false });
  } catch (error) {
    // The reader of a pipe has seen enough, as in `tsgi request ... | head`.
    if ((error as NodeJS.ErrnoException).code === "EPIPE") return ExitStatus.stopped;
    if (!(error instanceof TsgiError)) throw error;
    stderr.write(`tsgi: ${run.debug ? (error.stack ?? error.message) : error.message}\n`);
    return ExitStatus.failed;
  } finally {
    await client.destroy();
  }
  return ExitStatus.stopped;
}

/**
 * Runs the command line's request: `-d @file` sends a file, `-d @-` standard input, both octet by octet.
 * @throws ConfigurationError ERR_CONFIG_ADDRESS, ERR_CONFIG_OPTION
 */
export async function runRequestCommand({ positionals, values }: CommandLine): Promise<number> {
  const [to = "", path = ""] = positionals;
  const target = parseGatewayTarget(to);
  const method = values["request"] as string | undefined;
  const headers = ((values["header"] as readonly string[] | undefined) ?? []).map(nativeString);
  const data = values["data"] as string | undefined;
  return runRequest({
    to: target,
    path: nativeString(path),
    headers,
    include: values["include"] === true,
    debug: values["debug"] === true,
    stdout: process.stdout,
    stderr: process.stderr,
    ...(method !== undefined && { method }),
    ...(data !== undefined && { body: await readBody(data, process.stdin) }),
  });
}

/**
 * The octets that `-d` means.
 * @throws ConfigurationError ERR_CONFIG_OPTION when the file cannot be read
 */
export async function readBody(data: string, stdin: Readable): Promise<Uint8Array> {
  if (data === "@-") return buffer(stdin);
  if (!data.startsWith("@")) return Buffer.from(data, "utf8");
  try {
    return await readFile(data.slice(1));
  } catch (error) {
    const message = `-d cannot read ${JSON.stringify(data.slice(1))}: ${(error as Error).message}`;
    throw new ConfigurationError("ERR_CONFIG_OPTION", message, { cause: error });
  }
}

function requestParams(run: RequestRun): Map<string, string> {
  const { path, body } = run;
  const method = run.method ?? (body === undefined ? "GET" : "POST");
  if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(method)) {
    throw optionError(`the method ${JSON.stringify(method)} is none; expected a word such as GET`);
  }
  const headers = new Map([
    ["Host", "localhost"],
    ["User-Agent", "tsgi"],
    ["Accept", "*/*"],
  ]);
  if (body !== undefined) {
    headers.set("Content-Type", "application/x-www-form-urlencoded");
    headers.set("Content-Length", `${body.length}`);
  }
  const given: string[] = [];
  for (const line of run.headers ?? []) {
    const [, name = "", mark, value = ""] =
      /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+)(?:(:)[ \t]*([^\0\r\n]*)|;)$/.exec(line) ?? [];
    if (name === "") {
      throw optionError(`the header ${JSON.stringify(line)} is none; expected -H 'Name: value'`);
    }
    for (const key of headers.keys()) {
      if (key.toLowerCase() === name.toLowerCase()) headers.delete(key);
    }
    if (mark === undefined || value !== "") given.push(name, value);
  }
  const head = { method, url: path, httpVersion: "1.1", rawHeaders: [...[...headers].flat(), ...given] };
  const ends = { localAddress: "127.0.0.1", localPort: 80, remoteAddress: "127.0.0.1", remotePort: 0 };
  const settings = { scriptName: "", serverSoftware: "tsgi", params: {} };
  try {
    // With the mount at "" there is no path outside of it.
    return buildRequestParams(head, ends, settings) ?? new Map();
  } catch (error) {
    throw optionError((error as Error).message);
  }
}

function headText({ status, reason, headers }: GatewayResponse): string {
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${reason || (STATUS_CODES[status] ?? "")}\r\n${lines.join("")}\r\n`;
}

/** What a shell hands over is text; what goes on the wire is its octets. */
function nativeString(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

function optionError(message: string): ConfigurationError {
  return new ConfigurationError("ERR_CONFIG_OPTION", message);
}
