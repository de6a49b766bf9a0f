/**
 * Serves the files below a directory: conditional and range requests, index files, precompressed files, and the headers
 * that leave a file to the web server.
 *
 * RFC 9110 sections 8.8, 13, 14 and 15. Which file a path means is file-name.ts and file-location.ts; conditions
 * preconditions.ts; ranges byte-ranges.ts; the body file-body.ts. This file reads the options and decides in which order
 * these are asked.
 * @module
 */
import { statSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import {
  encodePath,
  pathBehind,
  percentEncode,
  type Environ,
  type HeaderList,
  type Middleware,
  type ResponseBody,
} from "../bridge/index.ts";
import { ConfigurationError } from "../errors/index.ts";
import { contentTypeOf } from "./content-type.ts";
import { answerFile, type FileSettings } from "./file-answer.ts";
import { locateFile, type LocationSettings } from "./file-location.ts";
import { parseRequestedFile } from "./file-name.ts";
import { refuse } from "./refusal.ts";
import { buildSendfileHeader, type SendfileHeader, type SendfileOptions } from "./sendfile-header.ts";

/** What `staticFiles` serves, and how. */
export interface StaticFilesOptions {
  /** The directory, as a path or a `file:` URL; relative to the working directory. It must exist. */
  readonly root: string | URL;
  /** Serve only what is below this path of PATH_INFO, e.g. "/assets"; all else is the application's. Default "". */
  readonly prefix?: string;
  /** Names of index files, in order; false: none. Default "index.html". */
  readonly index?: string | readonly string[] | false;
  /** Names that begin with a dot: "ignore" (as if absent, the default), "deny" (403) or "allow". */
  readonly dotfiles?: "ignore" | "deny" | "allow";
  /** Cache-Control: max-age, in seconds; false: no Cache-Control. Default 0: a cache asks each time. */
  readonly maxAge?: number | false;
  /** Adds "immutable" to Cache-Control: for names that change with their content. Default false. */
  readonly immutable?: boolean;
  /** ETag from size and time of change: "strong" (the default, true), "weak", or none (false). */
  readonly etag?: "strong" | "weak" | boolean;
  /** Extensions to try for a name without one, such as ["html"]. Default none. */
  readonly extensions?: readonly string[];
  /** What is no file here goes to the application (the default); false: it is answered 404, other methods 405. */
  readonly fallthrough?: boolean;
  /** Symbolic links: "inside" (the default) only to what is below root, "follow" anywhere, "refuse" none. */
  readonly symlinks?: "inside" | "follow" | "refuse";
  /** Content-Type by extension without its dot, over the built-in table, e.g. { md: "text/markdown" }. */
  readonly types?: Readonly<Record<string, string>>;
  /** Leaves sending to the web server, with ranges and conditions. */
  readonly sendfile?: SendfileOptions;
  /** Serves NAME.br, NAME.zst or NAME.gz beside NAME to clients that take it. Default false. */
  readonly precompressed?: boolean;
}

interface Settings extends FileSettings {
  readonly prefix: string;
  readonly dotfiles: "ignore" | "deny" | "allow";
  readonly fallthrough: boolean;
  readonly location: LocationSettings;
  readonly types: Readonly<Record<string, string>>;
  readonly sendfile: SendfileHeader | undefined;
}

/**
 * Makes the middleware: GET and HEAD of a file are answered, the rest goes on to the application.
 * @throws ConfigurationError ERR_CONFIG_OPTION: root is no directory, or an option has a value that it cannot have
 */
export function staticFiles(options: StaticFilesOptions): Middleware {
  const settings = readOptions(options);
  return (application) => (environ, startResponse) => {
    const next = (): ReturnType<typeof application> => application(environ, startResponse);
    const path = pathBehind(environ.PATH_INFO, settings.prefix);
    if (path === undefined) return next();
    if (environ.REQUEST_METHOD !== "GET" && environ.REQUEST_METHOD !== "HEAD") {
      if (settings.fallthrough) return next();
      return refuse(startResponse, "405 Method Not Allowed", [["Allow", "GET, HEAD"]]);
    }
    // Behind a SCRIPT_NAME with a slash of its own, or at the root, there is nothing to redirect to but the same again.
    const isWhole = path === "" && /^$|\/$/.test(environ.SCRIPT_NAME + environ.PATH_INFO);
    const requested = parseRequestedFile(isWhole ? "/" : path);
    const isHidden = requested?.names.some((name) => name.startsWith(".")) === true;
    if (isHidden && settings.dotfiles === "deny") return refuse(startResponse, "403 Forbidden");
    if (requested === undefined || (isHidden && settings.dotfiles === "ignore")) {
      return settings.fallthrough ? next() : refuse(startResponse, "404 Not Found");
    }
    return serveFile();

    async function serveFile(): Promise<ResponseBody> {
      const found = await locateFile(requested ?? { names: [], isDirectory: true }, settings.location);
      switch (found.kind) {
        case "missing":
          return settings.fallthrough ? next() : refuse(startResponse, "404 Not Found");
        case "forbidden":
          return refuse(startResponse, "403 Forbidden");
        case "directory":
          return refuse(startResponse, "301 Moved Permanently", [["Location", directoryLocation(environ)]]);
        case "file": {
          const type = contentTypeOf(found.path, settings.types);
          if (settings.sendfile === undefined) {
            const answered = await answerFile({ ...found, type }, settings, environ, startResponse);
            // Gone between the look and the opening.
            return answered ?? (settings.fallthrough ? next() : refuse(startResponse, "404 Not Found"));
          }
          const headers: HeaderList = [["Content-Type", type], settings.sendfile(found.path)];
          if (settings.cacheControl !== undefined) headers.push(["Cache-Control", settings.cacheControl]);
          startResponse("200 OK", headers);
          return [];
        }
        default:
          return found satisfies never;
      }
    }
  };
}

/** Where a directory is that was asked for without its slash: an absolute path, and never "//host". */
function directoryLocation({ SCRIPT_NAME, PATH_INFO, QUERY_STRING }: Environ): string {
  const path = encodePath(`${SCRIPT_NAME}${PATH_INFO}/`.replace(/^\/{2,}/, "/"));
  return QUERY_STRING === "" ? path : `${path}?${QUERY_STRING.replace(/[^!-~]/g, percentEncode)}`;
}

function readOptions(options: StaticFilesOptions): Settings {
  const root = resolve(options.root instanceof URL ? fileURLToPath(options.root) : options.root);
  if (statSync(root, { throwIfNoEntry: false })?.isDirectory() !== true) {
    fail(`root is ${JSON.stringify(root)}, which is no directory; create it first, or name another`);
  }
  const { prefix = "", index = "index.html", dotfiles = "ignore", symlinks = "inside", maxAge = 0 } = options;
  if (prefix !== "" && !prefix.startsWith("/")) {
    fail(`prefix is ${JSON.stringify(prefix)}; expected "" or a path such as "/assets"`);
  }
  if (maxAge !== false && !(Number.isSafeInteger(maxAge) && maxAge >= 0)) {
    fail(`maxAge is ${String(maxAge)}; expected whole seconds, 0 or more, or false`);
  }
  if (!["ignore", "deny", "allow"].includes(dotfiles)) {
    fail(`dotfiles is ${JSON.stringify(dotfiles)}; expected "ignore", "deny" or "allow"`);
  }
  if (!["inside", "follow", "refuse"].includes(symlinks)) {
    fail(`symlinks is ${JSON.stringify(symlinks)}; expected "inside", "follow" or "refuse"`);
  }
  const { etag = "strong", sendfile, precompressed = false, fallthrough = true, types = {} } = options;
  if (sendfile !== undefined && precompressed) {
    fail("sendfile and precompressed exclude each other: the web server sends the very file that it is told");
  }
  return {
    // PATH_INFO has a character for each octet; an option is written as text.
    prefix: Buffer.from(prefix.replace(/\/$/, "")).toString("latin1"),
    dotfiles,
    fallthrough,
    types,
    precompressed,
    etag: etag === true ? "strong" : etag,
    cacheControl:
      maxAge === false
        ? undefined
        : `public, max-age=${maxAge}${options.immutable === true ? ", immutable" : ""}`,
    location: {
      root,
      index: index === false ? [] : typeof index === "string" ? [index] : index,
      extensions: (options.extensions ?? []).map((extension) => extension.replace(/^\./, "")),
      symlinks,
    },
    sendfile: sendfile === undefined ? undefined : buildSendfileHeader(sendfile, root),
  };
}

function fail(message: string): never {
  throw new ConfigurationError("ERR_CONFIG_OPTION", `staticFiles: ${message}`);
}
