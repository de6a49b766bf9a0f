/**
 * How a web server learns that a connection which it has kept is about to be closed, although it may be sending the next
 * request at that very moment, and may not repeat it if it is a POST.
 *
 * FastCGI has no word for it, so each is told what makes it let go: found in their sources, held by
 * test/process/must-hold-front-ends.test.ts. Apache looks for the end of a connection before it uses one again, but
 * closing behind an answer is no way: on a busy machine Apache sent its next request between the two (4 of 4,000 lost).
 * @module
 */

/**
 * - `limit`: FCGI_MAX_REQS 0, sent at any time. HAProxy closes the connection if it is idle, and sends no more on it if
 *   it is not; what was on its way is answered.
 * - `record`: something behind the last END_REQUEST, read together with it. nginx then does not keep the connection.
 * - `silence`: nobody knows. It is closed once it has been silent for a moment.
 */
export type Farewell = "limit" | "record" | "silence";

const farewells: ReadonlyArray<readonly [software: string, farewell: Farewell]> = [
  ["nginx", "record"],
  ["HAProxy", "limit"],
];

/** @param software - SERVER_SOFTWARE, e.g. `nginx/1.22.1`; "" where the web server does not say */
export function farewellTo(software: string): Farewell {
  for (const [name, farewell] of farewells) if (software.startsWith(name)) return farewell;
  return "silence";
}
