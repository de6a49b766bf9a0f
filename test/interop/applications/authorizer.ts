/**
 * What stands behind nginx's auth_request: an Authorizer as the FastCGI specification has it, by its answers.
 * @module
 */
import type { Application } from "../../../src/bridge/types.ts";

export const application: Application = (environ, startResponse) => {
  const known = environ.HTTP_AUTHORIZATION === "Bearer good";
  if (known && environ.PATH_INFO.startsWith("/forbidden")) {
    startResponse("403 Forbidden", []);
  } else if (known) {
    const heard = `${environ.REQUEST_METHOD} ${environ.REQUEST_URI} [${environ.CONTENT_LENGTH ?? ""}]`;
    startResponse("200 OK", [
      ["Variable-REMOTE_USER", "ada"],
      ["X-Heard", heard],
    ]);
  } else {
    startResponse("401 Unauthorized", [["WWW-Authenticate", 'Bearer realm="interop"']]);
  }
  return [];
};
