/** The types that the signatures of `tsgi/middleware` are made of can all be named. `npm run check` compiles this. */
import { expect, expectTypeOf, it } from "vitest";
import type { Middleware } from "../../src/index.ts";
import * as middleware from "../../src/middleware.ts";

type First<Key extends keyof typeof middleware> = (typeof middleware)[Key] extends (
  ...parameters: infer Parameters extends unknown[]
) => unknown
  ? Exclude<Parameters[0], undefined>
  : never;

it("names the options of each middleware, and what they are made of", () => {
  expectTypeOf<First<"accessLog">>().toEqualTypeOf<middleware.AccessLogOptions>();
  expectTypeOf<
    Exclude<middleware.AccessLogOptions["format"], string | undefined>
  >().toEqualTypeOf<middleware.AccessLogFormatter>();
  expectTypeOf<Parameters<middleware.AccessLogFormatter>[0]>().toEqualTypeOf<middleware.AccessLogEntry>();
  expectTypeOf<First<"basicAuth">>().toEqualTypeOf<middleware.BasicAuthOptions>();
  expectTypeOf<First<"compress">>().toEqualTypeOf<middleware.CompressOptions>();
  expectTypeOf<First<"conditionalGet">>().toEqualTypeOf<middleware.ConditionalGetOptions>();
  expectTypeOf<First<"errorPage">>().toEqualTypeOf<middleware.ErrorPageOptions>();
  expectTypeOf<First<"methodOverride">>().toEqualTypeOf<middleware.MethodOverrideOptions>();
  expectTypeOf<First<"mount">>().toEqualTypeOf<middleware.MountMap>();
  expectTypeOf<First<"proxyFix">>().toEqualTypeOf<middleware.ProxyFixOptions>();
  expectTypeOf<First<"session">>().toEqualTypeOf<middleware.SessionOptions>();
  expectTypeOf<First<"staticFiles">>().toEqualTypeOf<middleware.StaticFilesOptions>();
  expectTypeOf<
    NonNullable<middleware.StaticFilesOptions["sendfile"]>
  >().toEqualTypeOf<middleware.SendfileOptions>();
  expectTypeOf<ReturnType<typeof middleware.compress>>().toEqualTypeOf<Middleware>();
  expectTypeOf(middleware.validator).toExtend<Middleware>();
  expect(Object.keys(middleware)).toContain("validator");
});
