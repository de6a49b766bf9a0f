/**
 * What each meta framework's site has to answer behind a web server.
 */

/** What can be tried: the folders of frameworks/. */
export const frameworks = ["next", "sveltekit", "astro"];

/** Paths of what the sites have in common. */
const echoPath = { next: "/api/echo", sveltekit: "/echo", astro: "/echo" };

/**
 * @param {string} name
 * @returns {Array<{ title: string, run: (origin: string) => Promise<string | undefined> }>} `run` says what is wrong
 */
export function checksOf(name) {
  const checks = [
    check("the front page", "/", {}, 200, "<h1>The front page</h1>"),
    {
      title: "a dynamic route, its query and the host that the client asked for",
      run: (origin) => {
        // Next.js does not say, and Astro believes X-Forwarded-For by itself.
        const client = name === "sveltekit" ? ", client 127.0.0.1" : "";
        // Next.js gives the segment as it stands in the path, behind its own server too.
        const id = name === "next" ? "a%20b" : "a b";
        const text = `item ${id}, q ü, host ${new URL(origin).host}${client}`;
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
    { title: "a file of the build, once more by its entity tag", run: builtFile },
    {
      title: "a POST with JSON",
      run: (origin) => {
        const init = {
          method: "POST",
          body: JSON.stringify({ word: "grün" }),
          headers: { "Content-Type": "application/json" },
        };
        return ask(origin, echoPath[name], init, 201, '"echoed":"grün"');
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
