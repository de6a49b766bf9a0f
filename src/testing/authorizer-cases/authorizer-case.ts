/**
 * What a case of the authorizer suite is: the authorizer that decides, and what its decision must do to the request.
 *
 * Another thing than a conformance case: there the application under test answers the client, here the one that is
 * asked before, and what the client gets tells how the web server took it. FastCGI 1.0 section 6.3.
 * @module
 */
import type { Application, Environ } from "../../bridge/index.ts";
import type { AskedCase } from "../conformance-cases/index.ts";

/** Credentials of the one user that the cases know; each case's requests carry them. */
export const authorizedUser: Readonly<{ name: string; password: string }> = {
  name: "ada",
  password: "lovelace",
};

/** `environ` holds facts of the application behind, which answers with its environ and the length of its body. */
export interface AuthorizerCase extends AskedCase {
  /** What is held, as the end of a sentence that begins with "an authorizer". */
  readonly holds: string;
  readonly authorizer: Application;
}

/**
 * Name and password of a request as an authorizer sees them: in the Authorization header, or taken out of it by the
 * web server (Apache: REMOTE_USER and REMOTE_PASSWD). Undefined where none came.
 */
export function credentialsOf(
  environ: Environ,
): { readonly name: string; readonly password: string } | undefined {
  const { REMOTE_USER, REMOTE_PASSWD } = environ;
  if (REMOTE_USER !== undefined && typeof REMOTE_PASSWD === "string") {
    return { name: REMOTE_USER, password: REMOTE_PASSWD };
  }
  const [, encoded] = /^Basic +([A-Za-z0-9+/=]+)$/i.exec(environ.HTTP_AUTHORIZATION ?? "") ?? [];
  if (encoded === undefined) return undefined;
  const text = atob(encoded);
  const colon = text.indexOf(":");
  return colon < 0 ? undefined : { name: text.slice(0, colon), password: text.slice(colon + 1) };
}
