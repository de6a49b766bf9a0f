/**
 * FastCGI octets for tests, built and taken apart without any code of src: were both to share a mistake, no test
 * could see it. Slow and strict on purpose. FastCGI 1.0 sections 3.3, 3.4 and 5.
 */

export const types = {
  BEGIN_REQUEST: 1,
  ABORT_REQUEST: 2,
  END_REQUEST: 3,
  PARAMS: 4,
  STDIN: 5,
  STDOUT: 6,
  STDERR: 7,
  DATA: 8,
  GET_VALUES: 9,
  GET_VALUES_RESULT: 10,
  UNKNOWN_TYPE: 11,
} as const;
export type TypeName = keyof typeof types;

export const roles = { responder: 1, authorizer: 2, filter: 3 } as const;

export type Content = string | Uint8Array | readonly number[];

/** Octets of a latin-1 string, of numbers, or as they are. */
export function octetsOf(content: Content): Buffer {
  return typeof content === "string" ? Buffer.from(content, "latin1") : Buffer.from(content);
}

export function join(...parts: readonly Content[]): Buffer {
  return Buffer.concat(parts.map(octetsOf));
}

export interface RecordOptions {
  readonly version?: number;
  readonly padding?: number;
  /** A content length other than the true one. */
  readonly declared?: number;
}

/** One record. The padding is not zero, so that a reader that takes it for content shows it. */
export function record(
  type: TypeName | number,
  id: number,
  content: Content = "",
  options: RecordOptions = {},
): Buffer {
  const body = octetsOf(content);
  const { version = 1, padding = 0, declared = body.length } = options;
  const header = Buffer.alloc(8);
  header.writeUInt8(version, 0);
  header.writeUInt8(typeof type === "number" ? type : types[type], 1);
  header.writeUInt16BE(id, 2);
  header.writeUInt16BE(declared, 4);
  header.writeUInt8(padding, 6);
  return Buffer.concat([header, body, Buffer.alloc(padding, 0xee)]);
}

/** BEGIN_REQUEST; flags 1 is KEEP_CONN. */
export function begin(id: number, role: keyof typeof roles | number = "responder", flags = 1): Buffer {
  const number = typeof role === "number" ? role : roles[role];
  return record("BEGIN_REQUEST", id, [number >> 8, number & 0xff, flags, 0, 0, 0, 0, 0]);
}

/** The length of a name or value; `long` gives four octets where one would do. */
export function length(octets: number, long = octets > 127): Buffer {
  if (!long) return Buffer.from([octets]);
  const four = Buffer.alloc(4);
  four.writeUInt32BE((octets | 0x80000000) >>> 0);
  return four;
}

export function pair(name: Content, value: Content, long?: boolean): Buffer {
  const [nameOctets, valueOctets] = [octetsOf(name), octetsOf(value)];
  return join(length(nameOctets.length, long), length(valueOctets.length, long), nameOctets, valueOctets);
}

export type Pairs = readonly (readonly [name: string, value: string])[];

export function pairs(list: Pairs): Buffer {
  return join(...list.map(([name, value]) => pair(name, value)));
}

/** Some content as records of at most `size` octets, and the empty record that ends the stream. */
export function stream(type: TypeName, id: number, content: Content, size = 65_535): Buffer {
  const octets = octetsOf(content);
  const records: Buffer[] = [];
  for (let at = 0; at < octets.length; at += size)
    records.push(record(type, id, octets.subarray(at, at + size)));
  return join(...records, record(type, id));
}

export interface RequestOptions {
  readonly id?: number;
  readonly role?: keyof typeof roles | number;
  readonly flags?: number;
  readonly params?: Pairs;
  readonly body?: Content;
}

/** A whole request: BEGIN_REQUEST, PARAMS and STDIN with their ends. */
export function request(options: RequestOptions = {}): Buffer {
  const { id = 1, role, flags, params = [["REQUEST_METHOD", "GET"]], body = "" } = options;
  return join(begin(id, role, flags), stream("PARAMS", id, pairs(params)), stream("STDIN", id, body));
}

export function endRequest(id: number, protocolStatus = 0, appStatus = 0): Buffer {
  const body = Buffer.alloc(8);
  body.writeUInt32BE(appStatus);
  body.writeUInt8(protocolStatus, 4);
  return record("END_REQUEST", id, body);
}

export interface ParsedRecord {
  readonly type: TypeName | number;
  readonly id: number;
  readonly content: Buffer;
  readonly padding: number;
}

/** Takes whole records apart; throws on a wrong version, padding that is not zero and anything left over. */
export function parseRecords(octets: Uint8Array): ParsedRecord[] {
  const input = Buffer.from(octets);
  const records: ParsedRecord[] = [];
  for (let at = 0; at < input.length;) {
    if (input.length - at < 8) throw new Error(`${input.length - at} octets are left after the last record`);
    const [version, type] = [input.readUInt8(at), input.readUInt8(at + 1)];
    const [contentLength, padding] = [input.readUInt16BE(at + 4), input.readUInt8(at + 6)];
    const end = at + 8 + contentLength + padding;
    if (version !== 1) throw new Error(`version ${version}`);
    if (input.readUInt8(at + 7) !== 0) throw new Error("the reserved octet is not zero");
    if (end > input.length) throw new Error("the last record is cut short");
    const content = input.subarray(at + 8, at + 8 + contentLength);
    if (input.subarray(at + 8 + contentLength, end).some((octet) => octet !== 0)) {
      throw new Error("the padding is not zero");
    }
    const name = (Object.keys(types) as TypeName[]).find((each) => types[each] === type);
    records.push({ type: name ?? type, id: input.readUInt16BE(at + 2), content, padding });
    at = end;
  }
  return records;
}

/** Records as short text: `STDOUT 1 "..."`, contents above 60 octets as their length. */
export function describeRecords(octets: Uint8Array): string[] {
  return parseRecords(octets).map(({ type, id, content }) => {
    if (type === "END_REQUEST")
      return `END_REQUEST ${id} app=${content.readUInt32BE(0)} status=${content[4]}`;
    if (content.length > 60) return `${type} ${id} ${content.length} octets`;
    return `${type} ${id} ${JSON.stringify(content.toString("latin1"))}`;
  });
}

/** Every content of one type and id, joined. */
export function contentOf(octets: Uint8Array, type: TypeName, id: number): Buffer {
  return Buffer.concat(
    parseRecords(octets)
      .filter((each) => each.type === type && each.id === id)
      .map((each) => each.content),
  );
}

/** Takes a block of pairs apart. */
export function parsePairs(octets: Uint8Array): Array<[name: string, value: string]> {
  const input = Buffer.from(octets);
  const list: Array<[string, string]> = [];
  let at = 0;
  const readLength = (): number => {
    if (input.readUInt8(at) < 0x80) return input.readUInt8(at++);
    at += 4;
    return input.readUInt32BE(at - 4) & 0x7fffffff;
  };
  const readText = (octetCount: number): string => {
    if (at + octetCount > input.length) throw new Error("a pair runs past the end");
    at += octetCount;
    return input.toString("latin1", at - octetCount, at);
  };
  while (at < input.length) {
    const [nameLength, valueLength] = [readLength(), readLength()];
    list.push([readText(nameLength), readText(valueLength)]);
  }
  return list;
}
