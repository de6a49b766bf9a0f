/** Text in HTML, element or quoted attribute: nothing of it can end either. @module */

const references: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** `text` with every character that HTML gives a meaning written as a reference. */
export function escapeHtml(text: string | number): string {
  return String(text).replaceAll(/[&<>"']/g, (character) => references[character] ?? "");
}
