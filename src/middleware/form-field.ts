/**
 * Looks into the body of a form, and gives a stream that reads the very same octets again.
 * @module
 */
import { BodyQueue, QueueInputStream, type Environ, type InputStream } from "../bridge/index.ts";

/** A field, and the body that it was found in. */
export interface FormField {
  /** The first value of that name; undefined where the form has none, or an empty one. */
  readonly value: string | undefined;
  /** The whole body, unread. */
  readonly input: InputStream;
}

const maxFormOctets = 65_536;
const formType = /^application\/x-www-form-urlencoded\s*(?:;|$)/i;

/**
 * Reads the form of a request, if it is one of declared length and at most 64 KiB; else undefined, and nothing has been
 * read. The promise rejects as `wsgi.input` does.
 */
export function readFormField(environ: Environ, name: string): Promise<FormField> | undefined {
  if (!formType.test(environ.CONTENT_TYPE ?? "")) return undefined;
  const length = Number(environ.CONTENT_LENGTH ?? "");
  if (!environ.CONTENT_LENGTH || !(length <= maxFormOctets)) return undefined;
  return read(environ, name);
}

async function read(environ: Environ, name: string): Promise<FormField> {
  const octets = await environ["wsgi.input"].read();
  const value = new URLSearchParams(Buffer.from(octets).toString("utf8")).get(name);
  const queue = new BodyQueue(maxFormOctets);
  queue.expect(octets.length, Infinity);
  if (octets.length > 0) queue.push(octets);
  queue.end();
  return { value: value || undefined, input: new QueueInputStream(queue) };
}
