/** staticFiles, compress and conditionalGet are not there where they have nothing to do: the conformance suite passes. */
import { describe } from "vitest";
import type { Middleware } from "../../src/bridge/index.ts";
import { compress, conditionalGet, staticFiles } from "../../src/middleware/index.ts";
import { itConforms } from "../support/embedded-site.ts";

const files = staticFiles({ root: "docs" });

/** Has a Vary header of its own, which compress adds to. */
const varying = "answer-caching";

const all: Middleware = (application) => compress()(conditionalGet()(files(application)));

describe.each<[string, Middleware, string]>([
  ["compress", compress({ threshold: 0 }), ""],
  ["conditionalGet", conditionalGet(), ""],
  ["staticFiles", files, ""],
  ["all of them, at a sub-path", all, "/app"],
])("conformance through %s", (_name, middleware, mount) => {
  itConforms(middleware, { mount, except: [varying] });
});
