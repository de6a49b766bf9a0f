/**
 * The two applications under the authorizer suite: the one that decides, and the one that it guards.
 * @module
 */
import type { Application } from "../../bridge/index.ts";
import { authorizerCases } from "./cases.ts";

const byName: ReadonlyMap<string, Application> = new Map(
  authorizerCases.map(({ name, authorizer }) => [name, authorizer]),
);

/** To be hosted as the authorizer: the segment of the path that is the name of a case chooses it. */
export const conformanceAuthorizer: Application = (environ, startResponse) => {
  // PATH_INFO is not what the web server asks about in each of them; what the client asked for is.
  const [path = ""] = (environ.REQUEST_URI ?? environ.PATH_INFO).split("?", 1);
  const authorizer = path
    .split("/")
    .map((segment) => byName.get(segment))
    .find((found) => found !== undefined);
  if (authorizer !== undefined) return authorizer(environ, startResponse);
  startResponse("403 Forbidden", []);
  return [];
};

/** To be hosted behind it: answers with its environ as JSON, and the length of the body as `bodyOctets`. */
export const guardedApplication: Application = async (environ, startResponse) => {
  const { length } = await environ["wsgi.input"].read();
  startResponse("200 OK", [["Content-Type", "application/json"]]);
  return [new TextEncoder().encode(JSON.stringify({ ...environ, bodyOctets: length }))];
};
