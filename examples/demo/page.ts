/**
 * The page: the way of the request, an upload, a live answer, and the environ.
 * @module
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Application, Environ } from "tsgi";
import { readable, renderEnviron } from "./environ-table.ts";
import { Html, html } from "./html.ts";
import { homePath } from "./paths.ts";

// Read once; the page carries both, so it needs nothing else from anywhere.
const style = readFileSync(new URL("page.css", import.meta.url), "utf8");
const script = readFileSync(new URL("page.js", import.meta.url), "utf8");

/** Only these very octets of style and script may act, whatever a header of the request is made to contain. */
const contentSecurityPolicy = [
  "default-src 'none'",
  `style-src '${integrity(style)}'`,
  `script-src '${integrity(script)}'`,
  "img-src data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

export const renderPage: Application = (environ, startResponse) => {
  const body = Buffer.from(pageOf(environ).text);
  startResponse("200 OK", [
    ["Content-Type", "text/html; charset=utf-8"],
    ["Content-Length", String(body.length)],
    ["Content-Security-Policy", contentSecurityPolicy],
    ["Cache-Control", "no-store"],
  ]);
  return [body];
};

function pageOf(environ: Environ): Html {
  const home = homePath(environ);
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>tsgi: TypeScript behind a web server</title>
        <link rel="icon" href="data:," />
        ${new Html(`<style>${style}</style>`)}
      </head>
      <body data-home="${home}">
        <header>
          <p class="name">tsgi</p>
          <h1>A TypeScript application, behind a web server.</h1>
          <p class="lead">
            This page was made by <code>examples/demo/app.ts</code>. Here is the way its request came:
          </p>
          ${renderWay(environ)}
        </header>
        <main>
          <div class="pair">${uploadCard} ${ticksCard}</div>
          <section>
            <h2>The environ of this request</h2>
            <p>Everything an application is told, in one flat object. Reload to see it change.</p>
            ${renderEnviron(environ)}
          </section>
        </main>
        ${new Html(`<script type="module">${script}</script>`)}
      </body>
    </html> `;
}

function renderWay(environ: Environ): Html {
  const front = environ["SERVER_SOFTWARE"];
  const place = environ.SCRIPT_NAME === "" ? "at the root" : `mounted at ${readable(environ.SCRIPT_NAME)}`;
  const stops: ReadonlyArray<[what: string, which: string, detail: string]> = [
    ["Client", environ.REMOTE_ADDR ?? "unknown", environ.SERVER_PROTOCOL],
    ["Web server", typeof front === "string" ? readable(front) : "unnamed", `port ${environ.SERVER_PORT}`],
    ["Gateway", "tsgi", `over ${environ["tsgi.protocol"]}`],
    ["Application", `Node.js ${process.versions.node}`, place],
  ];
  return html`<ol class="way">
    ${stops.map(([what, which, detail]) => html`<li><small>${what}</small><b>${which}</b><span>${detail}</span></li>`)}
  </ol>`;
}

const uploadCard = html`<section class="card">
  <h2>Upload</h2>
  <p>Streams a file through the web server into the application, which keeps none of it.</p>
  <form id="upload">
    <label class="drop"
      ><input type="file" id="file" required /><span id="chosen">Choose or drop a file</span></label
    >
    <button>Send it</button>
    <progress id="progress" max="1" value="0" aria-label="Upload progress"></progress>
  </form>
  <dl id="report" aria-live="polite">
    <div>
      <dt>Size</dt>
      <dd id="size">&ndash;</dd>
    </div>
    <div>
      <dt>Rate</dt>
      <dd id="rate">&ndash;</dd>
    </div>
    <div class="wide">
      <dt>SHA-256</dt>
      <dd id="digest">&ndash;</dd>
    </div>
  </dl>
</section>`;

const ticksCard = html`<section class="card">
  <h2>Streamed answer</h2>
  <p>One answer that takes twenty seconds: each line is shown when the application yields it.</p>
  <div class="bar"><button id="start">Start</button><output id="count">not started</output></div>
  <pre id="ticks" tabindex="0" aria-label="Events as they arrive"></pre>
</section>`;

function integrity(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}
