/** The renderers, on one snapshot: everything is shown, everything is escaped, nothing comes from elsewhere. */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { htmlPage, pagePolicy } from "../../src/status/html-page.ts";
import { metricsPage } from "../../src/status/metrics-page.ts";
import { textPage } from "../../src/status/text-page.ts";
import { exampleSnapshot, hostilePath } from "./example-snapshot.ts";

describe("text", () => {
  it("is the golden page", async () => {
    await expect(textPage(exampleSnapshot)).toMatchFileSnapshot("../fixtures/status/page.txt");
  });

  it("has no line longer than 100 columns, however long a path is", () => {
    const oldest = { method: "GET", path: `/${"x".repeat(900)}`, seconds: 1, worker: 1 };
    const text = textPage({ ...exampleSnapshot, requests: { ...exampleSnapshot.requests, oldest } });
    expect(Math.max(...text.split("\n").map((line) => line.length))).toBe(100);
  });

  it("shows a service that has only just begun", () => {
    const { workers, requests, latency } = exampleSnapshot;
    const text = textPage({
      ...exampleSnapshot,
      state: "starting",
      workers: { ...workers, ready: 0, busy: 0, utilization: null, list: [] },
      requests: { ...requests, perSecond: 0, total: 0, oldest: null },
      latency: { ...latency, lastMinute: null },
      sockets: [],
    });
    expect(text).toContain("app.ts: starting");
    expect(text).toContain("no request is open");
    expect(text).toContain("no answers");
  });
});

describe("HTML", () => {
  const page = htmlPage(exampleSnapshot);

  it("is the golden page", async () => {
    const main = page.slice(page.indexOf("<main>"), page.indexOf("</main>")).replaceAll(/<(?=[a-z])/g, "\n<");
    await expect(`${main.trimStart()}\n`).toMatchFileSnapshot("../fixtures/status/page.html.txt");
  });

  it("O6 escapes what clients name their requests", () => {
    expect(page).not.toContain("<script>alert");
    expect(page).toContain("/&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;");
  });

  it("escapes the name of the application and the addresses", () => {
    const hostile = htmlPage({
      ...exampleSnapshot,
      application: "</title><img>",
      software: "<b>",
      sockets: [{ protocol: "fastcgi", address: "unix:/<i>", waiting: 0 }],
    });
    expect(hostile).not.toMatch(/<img|<b>tsgi|<i>/);
    expect(hostile).toContain("<title>&lt;/title&gt;&lt;img&gt;: reloading</title>");
  });

  it("has a policy that allows its own style and script, which are there, and nothing else", () => {
    const parts = [...page.matchAll(/<(style|script)>([^]*?)<\/\1>/g)];
    expect(parts.map(([, name]) => name)).toEqual(["style", "script"]);
    for (const [, name, text = ""] of parts) {
      const digest = createHash("sha256").update(text).digest("base64");
      expect(pagePolicy).toContain(`${name}-src 'sha256-${digest}'`);
    }
    expect(pagePolicy).toContain("default-src 'none'");
    // The policy would forbid it.
    expect(page).not.toMatch(/ style=| on\w+=|https?:\/\//);
  });

  it("says in words what its charts draw", () => {
    const labels = [...page.matchAll(/role="img" aria-label="([^"]*)"/g)].map(([, label]) => label);
    expect(labels).toHaveLength(6);
    expect(labels[0]).toBe(
      "Requests a second over the last 5 minutes. answered: now 80, at most 80; failed (5xx): now 8, at most 8.",
    );
    expect(labels[1]).toContain("p99: now 200 ms, at most 200 ms.");
  });
});

describe.each([
  ["Prometheus", false, "text/plain; version=0.0.4; charset=utf-8"],
  ["OpenMetrics", true, "application/openmetrics-text; version=1.0.0; charset=utf-8"],
] as const)("metrics as %s", (_name, openMetrics, type) => {
  it("has its media type and is the golden page", async () => {
    const page = await metricsPage(exampleSnapshot, openMetrics);
    expect(page.type).toBe(type);
    const name = openMetrics ? "openmetrics" : "prometheus";
    await expect(page.text).toMatchFileSnapshot(`../fixtures/status/${name}.txt`);
  });

  it("gives a histogram that never falls and ends with all", async () => {
    const { text } = await metricsPage(exampleSnapshot, openMetrics);
    const buckets = [...text.matchAll(/^tsgi_request_duration_seconds_bucket\{le="([^"]+)"\} (\d+)$/gm)];
    expect(buckets.map(([, bound, count]) => [bound, Number(count)])).toEqual([
      ["0.001024", 1_000],
      ["1.048576", 37_030],
      ["+Inf", 37_031],
    ]);
    expect(text).toContain("tsgi_request_duration_seconds_count 37031");
    expect(text).toContain("tsgi_request_duration_seconds_sum 148.14");
  });

  it("names no request: paths would be labels without end, and escapes what it names", async () => {
    const sockets = [{ protocol: "fastcgi", address: 'unix:/a"b\\c\nd', waiting: 1 }];
    const { text } = await metricsPage({ ...exampleSnapshot, sockets }, openMetrics);
    expect(text).not.toContain(hostilePath);
    expect(text).toContain('tsgi_accept_queue{protocol="fastcgi",address="unix:/a\\"b\\\\c\\nd"} 1');
  });
});
