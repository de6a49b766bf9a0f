/**
 * What the name of an answer's header means for the head that it is in.
 * @module
 */
import { isHopByHop } from "../../bridge/index.ts";
import { httpModule } from "./http-module.ts";

/** `dropped`: it is not for the gateway, which has a word of its own for it. */
export type HeaderKind =
  "ordinary" | "cookie" | "date" | "length" | "coding" | "type" | "buffering" | "trailer" | "dropped";

/** Names found before: applications send the same few. Bounded, since some make names of what clients send. */
const knownKinds = new Map<string, HeaderKind>();
const maxKnownKinds = 256;
const longestKnownName = 40;

/**
 * The kind of a header, by its name in any case.
 * @throws TypeError with Node's code ERR_INVALID_HTTP_TOKEN for what is no name
 */
export function headerKind(name: string): HeaderKind {
  return knownKinds.get(name) ?? newKind(name);
}

function newKind(name: string): HeaderKind {
  httpModule().validateHeaderName(name);
  const kind = kindOf(name.toLowerCase());
  if (knownKinds.size < maxKnownKinds && name.length <= longestKnownName) knownKinds.set(name, kind);
  return kind;
}

function kindOf(name: string): HeaderKind {
  switch (name) {
    case "cookie":
      return "cookie";
    case "date":
      return "date";
    case "content-length":
      return "length";
    case "content-type":
      return "type";
    case "x-accel-buffering":
      return "buffering";
    case "transfer-encoding":
      return "coding";
    case "trailer":
      return "trailer";
    case "status":
      // CGI's word for the status line: it would be taken for one (security H3).
      return "dropped";
    default:
      // Meant for Node's own connection to the client, which there is none of.
      return isHopByHop(name) ? "dropped" : "ordinary";
  }
}
