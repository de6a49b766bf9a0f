/**
 * In which form a client wants to read a page that says what went wrong: RFC 9110 section 12.5.1.
 * @module
 */
import Negotiator from "negotiator";
import type { Environ } from "../bridge/index.ts";

/** The forms that a page is made in. */
export type PageForm = "html" | "json" | "text";

// Text stands first: who takes anything (curl) reads it in a terminal. Browsers name HTML before anything else.
const forms: ReadonlyArray<readonly [type: string, form: PageForm]> = [
  ["text/plain", "text"],
  ["text/html", "html"],
  ["application/json", "json"],
];
const types = forms.map(([type]) => type);

/** The form that the request's Accept header likes best; text where it wants none of them. */
export function acceptedForm(environ: Environ): PageForm {
  const accept = environ.HTTP_ACCEPT;
  if (accept === undefined || accept === "") return "text";
  const chosen = new Negotiator({ headers: { accept } }).mediaType(types);
  return forms.find(([type]) => type === chosen)?.[1] ?? "text";
}
