/** Sends one request through a middleware and the real runner, and gives back what a client would see. */
import type { Application, HeaderList, Middleware } from "../../src/bridge/index.ts";
import { get, run, type Hosted, type HostOptions, type LooseApplication } from "../bridge/hosted.ts";
import type { Pairs } from "../bridge/environ-request.ts";

/** The answer, headers by lower-case name. */
export interface Answered extends Hosted {
  readonly code: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly octets: Buffer;
}

export interface RequestOptions extends Omit<HostOptions, "params"> {
  readonly method?: string;
  readonly path?: string;
  readonly query?: string;
  readonly scriptName?: string;
}

/** The parameters of a request; `headers` by their names in HTTP. */
export function paramsOf(
  headers: Readonly<Record<string, string>> = {},
  { method = "GET", path = "/x", query = "", scriptName = "" }: RequestOptions = {},
): Pairs {
  const replaced = new Set(["REQUEST_METHOD", "SCRIPT_NAME", "PATH_INFO"]);
  return [
    ...get.filter(([name]) => !replaced.has(String(name))),
    ["REQUEST_METHOD", method],
    ["SCRIPT_NAME", scriptName],
    ["PATH_INFO", Buffer.from(path, "utf8").toString("latin1")],
    ["QUERY_STRING", query],
    ...Object.entries(headers).map(([name, value]): [string, string] => [
      `HTTP_${name.toUpperCase().replaceAll("-", "_")}`,
      value,
    ]),
  ];
}

/** Runs to the end of the answer and of the body's close(). */
export async function request(
  middleware: Middleware,
  application: LooseApplication,
  headers: Readonly<Record<string, string>> = {},
  options: RequestOptions = {},
): Promise<Answered> {
  const wrapped = middleware(application as Application) as LooseApplication;
  const hosted = await run(wrapped, { ...options, params: paramsOf(headers, options) });
  await hosted.finished;
  return answered(hosted);
}

export function answered(hosted: Hosted): Answered {
  const { sink } = hosted;
  return {
    ...hosted,
    code: Number(sink.status?.slice(0, 3)),
    headers: headersOf(sink.headers),
    octets: Buffer.from(sink.text, "latin1"),
  };
}

export function headersOf(list: Readonly<HeaderList>): Record<string, string> {
  return Object.fromEntries(list.map(([name, value]) => [name.toLowerCase(), value]));
}
