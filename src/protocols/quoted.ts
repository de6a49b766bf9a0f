/**
 * Values of a request as error messages and log lines may show them (O5: no raw control character, bounded length).
 * @module
 */

const shownLength = 80;

/** `text` in double quotes, control characters escaped, cut after 80 characters. */
export function quoted(text: string): string {
  const shown = text.length > shownLength ? `${text.slice(0, shownLength)}...` : text;
  // JSON escapes C0 only; a terminal also acts on DEL and C1.
  return JSON.stringify(shown).replace(
    /[\u007f-\u009f]/g,
    (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
