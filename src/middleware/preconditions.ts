/**
 * Conditional requests: what If-Match, If-Unmodified-Since, If-None-Match, If-Modified-Since and If-Range ask for.
 *
 * RFC 9110 section 13, evaluated in the order of 13.2.2. Whether an answer is fresh is the package `fresh`'s to say;
 * what that does not do (If-Match, If-Range, dates that are none) stands here.
 * @module
 */
import fresh from "fresh";
import type { Environ } from "../bridge/index.ts";
import { parseHttpDate } from "./http-date.ts";

/** What an answer is known by. */
export interface Validators {
  /** As in the ETag header, quotes and `W/` included. */
  readonly etag?: string | undefined;
  /** As in the Last-Modified header. */
  readonly lastModified?: string | undefined;
}

/** True when the client's copy is as good as this answer: 304 to GET and HEAD (13.1.2, 13.1.3). */
export function isFresh(environ: Environ, { etag, lastModified }: Validators): boolean {
  const noneMatch = environ.HTTP_IF_NONE_MATCH?.trim();
  const since = environ.HTTP_IF_MODIFIED_SINCE;
  if ((noneMatch === undefined || noneMatch === "") && since === undefined) return false;
  // Without the request's Cache-Control, for which fresh says no to "no-cache": that asks a cache to ask the origin
  // server (RFC 9111 section 5.2.1.4), which this is, and fetch() adds it to every request with a condition.
  return fresh(
    {
      "if-none-match": noneMatch,
      "if-modified-since": since !== undefined && parseHttpDate(since) !== undefined ? since : undefined,
    },
    { etag, "last-modified": lastModified },
  );
}

/** True when the client wants the request only for a state that has passed: 412 (13.1.1, 13.1.4). */
export function isPreconditionFailed(environ: Environ, { etag, lastModified }: Validators): boolean {
  const match = environ.HTTP_IF_MATCH?.trim();
  if (match !== undefined && match !== "") return match !== "*" && !hasStrongMatch(match, etag);
  const since = parseDate(environ.HTTP_IF_UNMODIFIED_SINCE);
  const modified = parseDate(lastModified);
  return since !== undefined && modified !== undefined && modified > since;
}

/** False when the ranges that are asked for belong to another state than this: all of it is to be sent (13.1.5). */
export function isRangeWanted(environ: Environ, { etag, lastModified }: Validators): boolean {
  const condition = environ.HTTP_IF_RANGE?.trim();
  if (condition === undefined || condition === "") return true;
  if (condition.includes('"')) return isStrong(condition) && condition === etag;
  const date = parseHttpDate(condition);
  // The very date: what is merely newer has not been seen by the client.
  return date !== undefined && date === parseDate(lastModified);
}

function parseDate(text: string | undefined): number | undefined {
  return text === undefined ? undefined : parseHttpDate(text);
}

function isStrong(etag: string): boolean {
  return !etag.startsWith("W/");
}

/** RFC 9110 section 8.8.3.2, strong comparison. */
function hasStrongMatch(list: string, etag: string | undefined): boolean {
  if (etag === undefined || !isStrong(etag)) return false;
  return list.split(",").some((each) => each.trim() === etag);
}
