/**
 * The application under the conformance suite: the first segment of PATH_INFO chooses the case whose own
 * application answers.
 * @module
 */
import type { Application } from "../bridge/index.ts";
import { conformanceCases } from "./conformance-cases/index.ts";

const byName: ReadonlyMap<string, Application> = new Map(
  conformanceCases.map(({ name, application }) => [name, application]),
);

/** To be hosted by the gateway under test. A path that is no case's is answered 404. */
export const conformanceApplication: Application = (environ, startResponse) => {
  const [, name = ""] = environ.PATH_INFO.split("/", 2);
  const application = byName.get(name);
  if (application !== undefined) return application(environ, startResponse);
  const text = `no conformance case is named "${name}": SCRIPT_NAME is "${environ.SCRIPT_NAME}", PATH_INFO "${environ.PATH_INFO}"\n`;
  startResponse("404 Not Found", [["Content-Type", "text/plain; charset=utf-8"]]);
  return [new TextEncoder().encode(text)];
};
