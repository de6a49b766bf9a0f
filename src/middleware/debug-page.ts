/**
 * The page that `errorPage` shows a developer: what was thrown, where, and the request it happened in.
 *
 * Everything is escaped, nothing is loaded from anywhere. Values of variables that look like secrets are hidden: pages
 * end up in bug reports and on screens that others see.
 * @module
 */
import { stackOf, summaryOf, type Environ, type HeaderList } from "../bridge/index.ts";
import { acceptedForm } from "./accepted-form.ts";
import type { Failure, FailurePage } from "./failure.ts";
import { findSource, type SourceExcerpt } from "./source-excerpt.ts";

const commonHeaders: HeaderList = [
  ["Cache-Control", "no-store"],
  ["X-Content-Type-Options", "nosniff"],
];

/** Makes the page in the form that the client asks for. */
export function debugPage({ error, environ }: Failure): FailurePage {
  const summary = summaryOf(error);
  const stack = stackOf(error);
  const request = requestLine(environ);
  switch (acceptedForm(environ)) {
    case "json": {
      const variables = Object.fromEntries(shownVariables(environ));
      const body = {
        status: 500,
        title: "Internal Server Error",
        error: summary,
        stack: stack.split("\n"),
        request,
      };
      return {
        headers: [["Content-Type", "application/json"], ...commonHeaders],
        body: `${JSON.stringify({ ...body, environ: variables }, undefined, 2)}\n`,
      };
    }
    case "text":
      return {
        headers: [["Content-Type", "text/plain; charset=utf-8"], ...commonHeaders],
        body: `${summary}\n\n${request}\n\n${stack}\n`,
      };
    case "html":
      return {
        headers: [
          ["Content-Type", "text/html; charset=utf-8"],
          ["Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'"],
          ...commonHeaders,
        ],
        body: html(summary, request, stack, findSource(stack), shownVariables(environ)),
      };
  }
}

function requestLine(environ: Environ): string {
  const { REQUEST_METHOD: method, REQUEST_URI: uri, SERVER_PROTOCOL: protocol } = environ;
  return `${method} ${uri ?? `${environ.SCRIPT_NAME ?? ""}${environ.PATH_INFO ?? ""}`} ${protocol ?? ""}`.trimEnd();
}

const secretName = /PASS|SECRET|TOKEN|API_?KEY|PRIVATE|CREDENTIAL|SESSION|COOKIE|AUTHORIZATION/i;
const shownLength = 2_000;

/** The environ's texts by name, sorted; secrets hidden, long ones cut. */
function shownVariables(environ: Environ): Array<[name: string, value: string]> {
  return Object.keys(environ)
    .sort()
    .map((name) => [name, shownValue(name, environ)]);
}

function shownValue(name: string, environ: Environ): string {
  // Not looked at: looking makes it.
  if (name === "tsgi.signal") return "an AbortSignal";
  const value = environ[name];
  if (typeof value !== "string") return Array.isArray(value) ? value.join(", ") : describe(value);
  if (value !== "" && secretName.test(name)) return "(hidden)";
  return value.length > shownLength ? `${value.slice(0, shownLength)}...` : value;
}

function describe(value: unknown): string {
  return typeof value === "boolean" || typeof value === "number" ? String(value) : `(${typeof value})`;
}

const style = `
body { margin: 0; font: 16px/1.5 system-ui, sans-serif; color: #222; background: #fff; }
header { padding: 1.5rem 2rem; background: #8b1a1a; color: #fff; }
h1 { margin: 0; font-size: 1.4rem; overflow-wrap: anywhere; }
main { padding: 0 2rem 2rem; }
h2 { margin: 1.5rem 0 .5rem; font-size: 1.1rem; }
pre { margin: 0; padding: .75rem 1rem; overflow-x: auto; background: #f5f5f5; font-size: .85rem; }
mark { display: inline-block; min-width: 100%; background: #ffd9d9; }
table { border-collapse: collapse; font-size: .85rem; width: 100%; }
th, td { padding: .2rem .75rem .2rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid #ddd; }
td { font-family: ui-monospace, monospace; overflow-wrap: anywhere; }
@media (prefers-color-scheme: dark) {
  body { color: #ddd; background: #1b1b1b; } pre { background: #262626; } mark { background: #5a2020; color: #fff; }
  th, td { border-color: #3a3a3a; }
}`;

function html(
  summary: string,
  request: string,
  stack: string,
  source: SourceExcerpt | undefined,
  variables: ReadonlyArray<readonly [string, string]>,
): string {
  const rows = variables.map(
    ([name, value]) => `<tr><th>${escapeHtml(name)}</th><td>${escapeHtml(value)}</td></tr>`,
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escapeHtml(summary)}</title><style>${style}
</style></head><body>
<header><h1>${escapeHtml(summary)}</h1><div>${escapeHtml(request)}</div></header>
<main>
${source === undefined ? "" : sourceHtml(source)}<h2>Stack</h2>
<pre>${escapeHtml(stack)}</pre>
<h2>Environ</h2>
<table>
${rows.join("\n")}
</table>
<p>This page is shown because errorPage() has debug switched on. It is not for the public.</p>
</main></body></html>
`;
}

function sourceHtml({ file, line, firstLine, lines }: SourceExcerpt): string {
  const width = String(firstLine + lines.length).length;
  const shown = lines.map((text, index) => {
    const number = firstLine + index;
    const row = `${String(number).padStart(width)}  ${escapeHtml(text)}`;
    return number === line ? `<mark>${row}</mark>` : row;
  });
  return `<h2>${escapeHtml(file)}:${line}</h2>\n<pre>${shown.join("\n")}</pre>\n`;
}

function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}
