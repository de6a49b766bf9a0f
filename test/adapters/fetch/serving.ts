/** Fetch handlers behind a real FastCGI socket, and requests to them as a web server sends them. */
import { onTestFinished } from "vitest";
import { fromFetch, type FetchHandler, type FromFetchOptions } from "../../../src/adapters/index.ts";
import { GatewayClient, type BodySource } from "../../../src/client/index.ts";
import { startServing, type Serving } from "../../support/serving.ts";

export interface FetchRequest {
  readonly method?: string;
  /** The request target; the path of it is PATH_INFO. */
  readonly target?: string;
  /** By name, as in HTTP. */
  readonly headers?: Readonly<Record<string, string>>;
  /** More variables, put over the others. */
  readonly params?: Readonly<Record<string, string>>;
  readonly body?: string | BodySource;
  readonly signal?: AbortSignal;
}

export interface FetchAnswer {
  readonly status: number;
  readonly reason: string;
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>;
  /** All values of a header, by its lower-case name. */
  values(name: string): string[];
  /** Chunks as they come. */
  readonly body: AsyncIterable<Uint8Array>;
  text(): Promise<string>;
}

export interface FetchServing extends Serving {
  ask(request?: FetchRequest): Promise<FetchAnswer>;
}

export async function serveFetch(handler: FetchHandler, options?: FromFetchOptions): Promise<FetchServing> {
  const serving = await startServing(fromFetch(handler, options));
  const client = new GatewayClient({ protocol: "fastcgi", address: serving.address });
  onTestFinished(() => client.close());
  return {
    ...serving,
    ask: async (request = {}) => {
      const { method = "GET", target = "/", headers = {}, params = {}, body, signal } = request;
      const octets = typeof body === "string" ? Buffer.from(body) : body;
      const variables: Record<string, string> = {
        REQUEST_METHOD: method,
        REQUEST_URI: target,
        SCRIPT_NAME: "",
        QUERY_STRING: target.split("?")[1] ?? "",
        SERVER_NAME: "localhost",
        SERVER_PORT: "80",
        SERVER_PROTOCOL: "HTTP/1.1",
        REMOTE_ADDR: "192.0.2.7",
        HTTP_HOST: "app.example",
        ...(octets instanceof Uint8Array ? { CONTENT_LENGTH: String(octets.length) } : {}),
      };
      for (const [name, value] of Object.entries(headers)) {
        const key = name.toUpperCase().replaceAll("-", "_");
        variables[key === "CONTENT_TYPE" || key === "CONTENT_LENGTH" ? key : `HTTP_${key}`] = value;
      }
      const answer = await client.request({
        params: Object.entries({ ...variables, ...params }),
        ...(octets === undefined ? {} : { body: octets }),
        ...(signal === undefined ? {} : { signal }),
      });
      return {
        status: answer.status,
        reason: answer.reason,
        headers: answer.headers,
        values: (name) =>
          answer.headers.filter(([each]) => each.toLowerCase() === name).map(([, value]) => value),
        body: answer.body,
        text: async () => {
          const chunks: Uint8Array[] = [];
          for await (const chunk of answer.body) chunks.push(chunk);
          return Buffer.concat(chunks).toString();
        },
      };
    },
  };
}
