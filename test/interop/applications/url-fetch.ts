/** The URL that a fetch handler is given, with the variables that it was made of. */
import type { FetchEnv } from "../../../src/index.ts";

export default {
  fetch: (request: Request, { environ }: FetchEnv): Response => {
    const { SCRIPT_NAME, PATH_INFO, REQUEST_URI } = environ;
    const { pathname, search } = new URL(request.url);
    return Response.json({ seen: pathname + search, SCRIPT_NAME, PATH_INFO, REQUEST_URI });
  },
};
