/**
 * An environ as tables, by where its keys come from.
 * @module
 */
import type { Environ } from "tsgi";
import { html, type Html } from "./html.ts";

interface Group {
  readonly title: string;
  readonly note: string;
  readonly has: (name: string) => boolean;
}

/** The first group that has a key shows it. */
const groups: readonly Group[] = [
  {
    title: "Request headers",
    note: "HTTP_* keys: what the client sent",
    has: (name) => name.startsWith("HTTP_"),
  },
  {
    title: "wsgi.*",
    note: "the calling convention, as in Python's PEP 3333",
    has: (name) => name.startsWith("wsgi."),
  },
  { title: "tsgi.*", note: "what this gateway adds", has: (name) => name.startsWith("tsgi.") },
  { title: "CGI variables", note: "what the web server says of the request", has: () => true },
];

/** All keys, sorted within their groups. CGI variables come first, as they are what one looks for. */
export function renderEnviron(environ: Environ): Html[] {
  const names = Object.keys(environ).sort();
  const tables = groups.map((group) => {
    const own = names.filter((name) => groups.find(({ has }) => has(name)) === group);
    return renderGroup(
      group,
      own.map((name) => [name, environ[name]]),
    );
  });
  return [...tables.slice(-1), ...tables.slice(0, -1)];
}

function renderGroup({ title, note }: Group, rows: ReadonlyArray<[name: string, value: unknown]>): Html {
  return html` <details open>
    <summary>
      <h3>${title}</h3>
      <span>${note}</span><b>${String(rows.length)}</b>
    </summary>
    <table>
      ${rows.map(
        ([name, value]) =>
          html`<tr>
            <th scope="row">${name}</th>
            ${renderValue(value)}
          </tr> `,
      )}
    </table>
  </details>`;
}

function renderValue(value: unknown): Html {
  if (typeof value === "string") {
    return value === "" ? html`<td class="empty">empty</td>` : html`<td>${readable(value)}</td>`;
  }
  if (value instanceof AbortSignal) return html`<td class="object">fires when the client has gone</td>`;
  if (typeof value === "function") return html`<td class="object">function</td>`;
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return html`<td class="object">${value.constructor.name || "object"}</td>`;
  }
  return html`<td class="literal">${JSON.stringify(value) ?? "undefined"}</td>`;
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** An environ string holds one octet in each character. Where those octets are UTF-8, shows the text they mean. */
export function readable(value: string): string {
  try {
    return utf8.decode(Buffer.from(value, "latin1"));
  } catch {
    return value;
  }
}
