/**
 * Answers that say no more than their status.
 * @module
 */
import type { HeaderList, ResponseBody, StartResponse } from "../bridge/index.ts";

/** Starts the answer and gives its body: the status's own words. */
export function refuse(startResponse: StartResponse, status: string, headers: HeaderList = []): ResponseBody {
  const page = Buffer.from(`${status.slice(4)}\n`);
  startResponse(status, [
    ["Content-Type", "text/plain; charset=utf-8"],
    // Said and not left to the gateway, so that HEAD has it too.
    ["Content-Length", String(page.length)],
    ...headers,
  ]);
  return [page];
}
