/**
 * The answer for one file that has been found: 200, 206, 304, 412 or 416, with its headers and its body.
 *
 * A file is opened only when something of it is to be sent, and everything that is said of it is then said of the
 * file that is open.
 * @module
 */
import { randomBytes } from "node:crypto";
import type { Stats } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import type { Environ, HeaderList, ResponseBody, StartResponse } from "../bridge/index.ts";
import { parseByteRanges, type ByteRange } from "./byte-ranges.ts";
import { FileBody, fileBlockOctets, type FilePiece } from "./file-body.ts";
import { describeFileError, look, type LocationSettings } from "./file-location.ts";
import { formatHttpDate } from "./http-date.ts";
import { refuse } from "./refusal.ts";
import { negotiateCodings } from "./negotiate-coding.ts";
import { isFresh, isPreconditionFailed, isRangeWanted, type Validators } from "./preconditions.ts";

/** What of the options is about the answer for a file. */
export interface FileSettings {
  readonly etag: "strong" | "weak" | false;
  /** The whole header, or none. */
  readonly cacheControl: string | undefined;
  readonly precompressed: boolean;
  readonly location: LocationSettings;
}

/** A file that is there. */
export interface FoundFile {
  readonly path: string;
  readonly stats: Stats;
  /** Its Content-Type. */
  readonly type: string;
}

/** The extension of a precompressed file by the content coding it has. */
const codingExtensions = { br: ".br", zstd: ".zst", gzip: ".gz" } as const;
type FileCoding = keyof typeof codingExtensions;
const fileCodings = Object.keys(codingExtensions) as readonly FileCoding[];

/**
 * Answers GET and HEAD.
 * @returns undefined, with nothing started, when the file has gone meanwhile
 */
export async function answerFile(
  found: FoundFile,
  settings: FileSettings,
  environ: Environ,
  startResponse: StartResponse,
): Promise<ResponseBody | undefined> {
  const chosen = settings.precompressed ? await choosePrecompressed(found, settings, environ) : found;
  const closed = answerWithoutBody(describe(chosen, settings), environ, startResponse);
  if (closed !== undefined) return closed;
  const handle = await openFile(chosen.path);
  if (handle === "missing") return undefined;
  if (handle === "forbidden") return refuse(startResponse, "403 Forbidden");
  try {
    const opened = describe({ ...chosen, stats: await handle.stat() }, settings);
    // Once more, of what is really open: it may be another file than was looked at.
    const body = answerWithoutBody(opened, environ, startResponse);
    if (body === undefined) return await answerWithBody(opened, handle, environ, startResponse);
    await handle.close();
    return body;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

interface CodedFile extends FoundFile {
  readonly coding?: FileCoding;
}

interface Description {
  readonly size: number;
  readonly type: string;
  readonly validators: Validators;
  /** For 200, 206 and 304: Accept-Ranges, validators, Cache-Control, Vary. */
  readonly common: Readonly<HeaderList>;
  /** For 200 and 206. */
  readonly coding: Readonly<HeaderList>;
}

function describe({ stats, type, coding }: CodedFile, settings: FileSettings): Description {
  const etag = settings.etag === false ? undefined : buildEtag(stats, coding, settings.etag);
  // RFC 9110 section 8.8.2.1: never later than now, whatever the file system says.
  const lastModified = formatHttpDate(Math.min(stats.mtimeMs, Date.now()));
  const common: HeaderList = [
    ["Accept-Ranges", "bytes"],
    ["Last-Modified", lastModified],
  ];
  if (etag !== undefined) common.push(["ETag", etag]);
  if (settings.cacheControl !== undefined) common.push(["Cache-Control", settings.cacheControl]);
  if (settings.precompressed) common.push(["Vary", "Accept-Encoding"]);
  return {
    size: stats.size,
    type,
    validators: { etag, lastModified },
    common,
    coding: coding === undefined ? [] : [["Content-Encoding", coding]],
  };
}

/** From size and time of change in microseconds, which is all that a file system tells without reading. */
function buildEtag(
  { size, mtimeMs }: Stats,
  coding: FileCoding | undefined,
  strength: "strong" | "weak",
): string {
  const time = Math.floor(mtimeMs * 1000).toString(16);
  const tag = `"${size.toString(16)}-${time}${coding === undefined ? "" : `-${coding}`}"`;
  return strength === "weak" ? `W/${tag}` : tag;
}

/** 412, 304, 416, and HEAD: what needs no open file. */
function answerWithoutBody(
  file: Description,
  environ: Environ,
  startResponse: StartResponse,
): ResponseBody | undefined {
  const { validators, common, size } = file;
  if (isPreconditionFailed(environ, validators)) {
    return refuse(startResponse, "412 Precondition Failed");
  }
  if (isFresh(environ, validators)) {
    startResponse("304 Not Modified", [...common]);
    return [];
  }
  // RFC 9110 section 14.2: Range is for GET alone.
  if (environ.REQUEST_METHOD === "HEAD") {
    startResponse("200 OK", wholeHeaders(file));
    return [];
  }
  if (rangesOf(file, environ) === "unsatisfiable") {
    return refuse(startResponse, "416 Range Not Satisfiable", [["Content-Range", `bytes */${size}`]]);
  }
  return undefined;
}

async function answerWithBody(
  file: Description,
  handle: FileHandle,
  environ: Environ,
  startResponse: StartResponse,
): Promise<ResponseBody> {
  const ranges = rangesOf(file, environ);
  if (typeof ranges === "string") {
    startResponse("200 OK", wholeHeaders(file));
    return sendPieces(handle, file.size === 0 ? [] : [{ start: 0, end: file.size - 1 }]);
  }
  const [only] = ranges;
  if (only !== undefined && ranges.length === 1) {
    startResponse("206 Partial Content", [
      ["Content-Type", file.type],
      ["Content-Range", contentRange(only, file.size)],
      ["Content-Length", String(octetsIn(only))],
      ...file.coding,
      ...file.common,
    ]);
    return sendPieces(handle, [only]);
  }
  const boundary = randomBytes(18).toString("base64url");
  const pieces = multipartPieces(ranges, file, boundary);
  startResponse("206 Partial Content", [
    ["Content-Type", `multipart/byteranges; boundary=${boundary}`],
    ["Content-Length", String(pieces.reduce((sum, piece) => sum + octetsIn(piece), 0))],
    ...file.coding,
    ...file.common,
  ]);
  return sendPieces(handle, pieces);
}

function rangesOf(
  { size, validators }: Description,
  environ: Environ,
): readonly ByteRange[] | "whole" | "unsatisfiable" {
  const header = environ.HTTP_RANGE;
  return header === undefined || !isRangeWanted(environ, validators)
    ? "whole"
    : parseByteRanges(header, size);
}

function wholeHeaders({ type, size, common, coding }: Description): HeaderList {
  return [["Content-Type", type], ["Content-Length", String(size)], ...coding, ...common];
}

function multipartPieces(
  ranges: readonly ByteRange[],
  { type, size }: Description,
  boundary: string,
): FilePiece[] {
  const pieces = ranges.flatMap((range, n): FilePiece[] => [
    Buffer.from(
      `${n === 0 ? "" : "\r\n"}--${boundary}\r\nContent-Type: ${type}\r\nContent-Range: ${contentRange(range, size)}\r\n\r\n`,
    ),
    range,
  ]);
  return [...pieces, Buffer.from(`\r\n--${boundary}--\r\n`)];
}

function contentRange({ start, end }: ByteRange, size: number): string {
  return `bytes ${start}-${end}/${size}`;
}

function octetsIn(piece: FilePiece): number {
  return piece instanceof Uint8Array ? piece.length : piece.end - piece.start + 1;
}

/** A small piece at once, as an array, which the gateway sends without a promise for each chunk; else as it is read. */
async function sendPieces(handle: FileHandle, pieces: readonly FilePiece[]): Promise<ResponseBody> {
  const body = new FileBody(handle, pieces);
  if (pieces.length > 1 || pieces.some((piece) => octetsIn(piece) > fileBlockOctets)) return body;
  const chunks: Uint8Array[] = [];
  try {
    // One read may give less than it was asked for (network file systems).
    for await (const chunk of body) chunks.push(chunk);
    return chunks;
  } finally {
    await body.close();
  }
}

async function openFile(path: string): Promise<FileHandle | "missing" | "forbidden"> {
  try {
    return await open(path);
  } catch (error) {
    const meaning = describeFileError(error);
    if (meaning === "failed") throw error;
    return meaning;
  }
}

/** The first that the client likes and that is there; else the file itself. */
async function choosePrecompressed(
  found: FoundFile,
  { location }: FileSettings,
  environ: Environ,
): Promise<CodedFile> {
  for (const coding of negotiateCodings(environ.HTTP_ACCEPT_ENCODING, fileCodings)) {
    const other = await look(found.path + codingExtensions[coding], location);
    if (other.kind === "file") return { ...found, path: other.path, stats: other.stats, coding };
  }
  return found;
}
