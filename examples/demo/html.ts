/**
 * HTML by template literal, in which everything is escaped that is not itself HTML made here.
 * @module
 */

/** Text that may stand in a page as it is. */
export class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** A part of a page. Strings that come from anywhere are escaped; lists are joined. */
export function html(parts: TemplateStringsArray, ...values: ReadonlyArray<string | Html | Html[]>): Html {
  let text = parts[0] ?? "";
  values.forEach((value, n) => {
    text += render(value) + (parts[n + 1] ?? "");
  });
  return new Html(text);
}

function render(value: string | Html | Html[]): string {
  if (value instanceof Html) return value.text;
  return Array.isArray(value) ? value.map(render).join("") : escapeHtml(value);
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}
