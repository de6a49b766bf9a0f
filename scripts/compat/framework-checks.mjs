/**
 * What each framework's site has to answer behind a web server.
 */

/** Where the frameworks have their routes for what is no page. */
const echoPaths = { next: "/api/echo", nuxt: "/api/echo" };

/**
 * @param {string} name
 * @param {boolean} namesClient whether an item's page names the client's address
 * @returns {Array<{ title: string, run: (origin: string) => Promise<string | undefined> }>} `run` says what is wrong
 */
export function checksOf(name, namesClient) {
  const checks = [
    check("the front page", "/", {}, 200, "<h1>The front page</h1>"),
    {
      title: "a dynamic route, its query and the host that the client asked for",
      run: (origin) => {
        const client = namesClient ? ", client 127.0.0.1" : "";
        // Next.js gives the segment as it stands in the path, behind its own server too.
        const id = name === "next" ? "a%20b" : "a b";
        // Express leaves the port out.
        const { host, hostname } = new URL(origin);
        const text = `item ${id}, q ü, host ${name.startsWith("nest-") ? hostname : host}${client}`;
        return ask(
          origin,
          "/items/a%20b?q=%C3%BC",
          { headers: { "X-Forwarded-For": "192.0.2.1" } },
          200,
          text,
        );
      },
    },
    check("a file that is not built", "/robots.txt", {}, 200, "User-agent: none"),
    ...(name.startsWith("nest-") ? nestChecks : [builtFileCheck]),
    {
      title: "a POST with JSON",
      run: (origin) => {
        const init = {
          method: "POST",
          body: JSON.stringify({ word: "grün" }),
          headers: { "Content-Type": "application/json" },
        };
        return ask(origin, echoPaths[name] ?? "/echo", init, 201, '"echoed":"grün"');
      },
    },
    check("a page that is not there", "/nowhere", {}, 404, ""),
  ];
  if (name === "sveltekit") {
    checks.push({
      title: "a form that sets a cookie",
      run: async (origin) => {
        const body = new URLSearchParams({ word: "blue" });
        const headers = { Origin: origin };
        const answer = await fetch(`${origin}/`, { method: "POST", body, headers });
        const cookie = answer.headers.get("set-cookie") ?? "";
        if (answer.status === 200 && cookie.startsWith("word=blue")) return undefined;
        return `${answer.status} ${cookie}`;
      },
    });
  }
  return checks;
}

function check(title, path, init, status, text) {
  return { title, run: (origin) => ask(origin, path, init, status, text) };
}

const builtFileCheck = { title: "a file of the build, once more by its entity tag", run: builtFile };

/** A framework for services builds no files for the browser. */
const nestChecks = [
  check("a streamed file", "/file", {}, 200, "a file in pieces"),
  check("server-sent events", "/events", {}, 200, "data: two"),
];

/** Comments that frameworks put between parts of a text are left out. */
async function ask(origin, path, init, status, text) {
  const answer = await fetch(origin + path, init);
  const got = (await answer.text()).replaceAll(/<!--.*?-->/g, "");
  if (answer.status === status && got.includes(text)) return undefined;
  return `expected ${status} and ${JSON.stringify(text)}, got ${answer.status} ${JSON.stringify(got.replace(/^.*<body>/s, "").slice(0, 300))}`;
}

/** The first script or style sheet that the front page names. */
async function builtFile(origin) {
  const page = await (await fetch(`${origin}/`)).text();
  const [path] = /\/[\w./@-]*\/[\w.@-]+\.(?:js|css)\b/.exec(page) ?? [];
  if (path === undefined) return "the front page names no file";
  const first = await fetch(origin + path);
  const { length } = await first.arrayBuffer().then((buffer) => new Uint8Array(buffer));
  const tag = first.headers.get("etag");
  if (first.status !== 200 || length === 0 || tag === null)
    return `${path}: ${first.status}, ${length} octets, ${tag}`;
  // fetch would add no-cache, which asks for the file itself.
  const headers = { "If-None-Match": tag, "Cache-Control": "max-age=0" };
  const again = await fetch(origin + path, { headers });
  return again.status === 304 ? undefined : `${path} once more: ${again.status}`;
}
