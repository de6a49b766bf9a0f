/**
 * The Content-Type of a file by the extension of its name, from the package `mrmime`.
 * @module
 */
import { mimes } from "mrmime";

/**
 * @param own types that take precedence, by extension without its dot, in lower case
 * @returns a media type, with `charset=utf-8` where it is text; "application/octet-stream" for an unknown extension
 */
export function contentTypeOf(path: string, own: Readonly<Record<string, string>>): string {
  const extension = /\.([^./\\]+)$/.exec(path)?.[1]?.toLowerCase() ?? "";
  if (Object.hasOwn(own, extension)) return own[extension] ?? "";
  // Not by mrmime's lookup(): it finds a function for ".constructor".
  const type = Object.hasOwn(mimes, extension) ? mimes[extension] : undefined;
  if (type === undefined) return "application/octet-stream";
  return type.startsWith("text/") ? `${type}; charset=utf-8` : type;
}
