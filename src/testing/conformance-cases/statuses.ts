/**
 * Statuses, those without a body among them, and redirects.
 * @module
 */
import type { HeaderList } from "../../bridge/index.ts";
import type { ConformanceCase } from "./conformance-case.ts";
import { answerWith } from "./answering.ts";

const text: HeaderList = [["Content-Type", "text/plain"]];

const withBody: readonly ConformanceCase[] = [
  "200 OK",
  "201 Created",
  "206 Partial Content",
  "400 Bad Request",
  "403 Forbidden",
  "404 Not Found",
  "418 I'm a Teapot",
  "500 Internal Server Error",
  "503 Service Unavailable",
].map((status) => ({
  name: `status-${status.slice(0, 3)}`,
  holds: `passes ${status} with the application's body`,
  application: answerWith(status, text, `the body of ${status.slice(0, 3)}`),
  answer: {
    status: Number(status.slice(0, 3)),
    headers: { "content-type": "text/plain", status: null },
    body: `the body of ${status.slice(0, 3)}`,
  },
}));

const withoutBody: readonly ConformanceCase[] = ["204 No Content", "304 Not Modified"].map((status) => ({
  name: `status-${status.slice(0, 3)}`,
  holds: `sends ${status} without a body, even if the application has one`,
  application: answerWith(
    status,
    [
      ["ETag", '"v1"'],
      ["X-Seen", "yes"],
    ],
    "no such body",
  ),
  answer: { status: Number(status.slice(0, 3)), headers: { etag: '"v1"', "x-seen": "yes" }, body: "" },
}));

const redirects: readonly ConformanceCase[] = [
  ["301 Moved Permanently", "http://other.example/a?b=c"],
  ["302 Found", "/local/path"],
  ["303 See Other", "http://other.example/"],
  ["307 Temporary Redirect", "//other.example/x"],
  ["201 Created", "/local/created"],
].map(([status = "", location = ""]) => ({
  name: `location-${status.slice(0, 3)}`,
  holds: `passes ${status} with Location ${location}`,
  application: answerWith(status, [["Location", location], ...text], "elsewhere"),
  answer: { status: Number(status.slice(0, 3)), headers: { location }, body: "elsewhere" },
}));

export const statusCases: readonly ConformanceCase[] = [
  ...withBody,
  ...withoutBody,
  ...redirects,
  {
    name: "status-401",
    holds: "passes a challenge",
    application: answerWith(
      "401 Unauthorized",
      [["WWW-Authenticate", 'Basic realm="conformance"'], ...text],
      "who?",
    ),
    answer: { status: 401, headers: { "www-authenticate": 'Basic realm="conformance"' }, body: "who?" },
  },
];
