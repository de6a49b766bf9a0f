/**
 * Compresses answers: chooses the coding by Accept-Encoding, and holds nothing back.
 *
 * RFC 9110 sections 8.4.1 and 12.5.3. A body that is an array stays one, with a Content-Length; of any other each chunk
 * is flushed as it comes (S9), so that server-sent events stay what they are. How one answer goes through is
 * compressed-answer.ts.
 * @module
 */
import compressible from "compressible";
import { isThenable, type Environ, type Middleware } from "../bridge/index.ts";
import { ConfigurationError } from "../errors/index.ts";
import { CompressedAnswer, type CompressSettings } from "./compressed-answer.ts";
import { availableCodings, levelsOf, type ContentCoding } from "./content-coder.ts";

export type { ContentCoding } from "./content-coder.ts";

/** What `compress` compresses, and how. */
export interface CompressOptions {
  /** Octets below which a body of known length stays as it is. Default 1024. */
  readonly threshold?: number;
  /** The codings, the best first: among those that a client likes equally. Default br, zstd, gzip, deflate. */
  readonly encodings?: readonly ContentCoding[];
  /** By coding. Default br 4 (0 to 11), zstd 3 (1 to 19), gzip and deflate 6 (0 to 9). */
  readonly level?: Readonly<Partial<Record<ContentCoding, number>>>;
  /** Which types of content are compressed. Default: those that mime-db calls compressible. */
  readonly filter?: (contentType: string, environ: Environ) => boolean;
}

/**
 * Makes the middleware. A coding that this Node.js does not have (zstd before 22.15) is passed over.
 * @throws ConfigurationError ERR_CONFIG_OPTION: an unknown coding, a level or a threshold out of range
 */
export function compress(options: CompressOptions = {}): Middleware {
  const settings = readOptions(options);
  return (application) => (environ, startResponse) => {
    const answer = new CompressedAnswer(environ, startResponse, settings);
    const failed = (error: unknown): never => {
      answer.close();
      throw error;
    };
    try {
      const body = application(environ, answer.startResponse);
      return isThenable(body)
        ? body.then((settled) => answer.wrap(settled)).catch(failed)
        : answer.wrap(body);
    } catch (error) {
      return failed(error);
    }
  };
}

const knownCodings: readonly string[] = ["br", "zstd", "gzip", "deflate"] satisfies ContentCoding[];

function readOptions({ threshold = 1024, encodings, level = {}, filter }: CompressOptions): CompressSettings {
  if (!Number.isSafeInteger(threshold) || threshold < 0) {
    fail(`threshold is ${String(threshold)}; expected octets, 0 or more`);
  }
  for (const coding of [...(encodings ?? []), ...Object.keys(level)]) {
    if (!knownCodings.includes(coding)) {
      fail(`${JSON.stringify(coding)} is no encoding; expected some of ${knownCodings.join(", ")}`);
    }
  }
  const available = availableCodings();
  const levels: Partial<Record<ContentCoding, number>> = {};
  for (const coding of available) {
    const [usual, least, most] = levelsOf(coding);
    const chosen = level[coding] ?? usual;
    if (!Number.isInteger(chosen) || chosen < least || chosen > most) {
      fail(`level.${coding} is ${String(chosen)}; expected a whole number from ${least} to ${most}`);
    }
    levels[coding] = chosen;
  }
  return {
    threshold,
    codings: (encodings ?? available).filter((coding) => available.includes(coding)),
    levels,
    filter: filter ?? ((contentType) => compressible(contentType) === true),
  };
}

function fail(message: string): never {
  throw new ConfigurationError("ERR_CONFIG_OPTION", `compress: ${message}`);
}
