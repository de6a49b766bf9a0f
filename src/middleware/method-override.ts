/**
 * `methodOverride`: PUT, PATCH and DELETE for clients that can only POST, HTML forms first of all.
 *
 * Only a POST is overridden, and only to a method of the list: a link or an image can then never change anything.
 * @module
 */
import {
  copyEnviron,
  describeValue,
  quoted,
  type Application,
  type Environ,
  type Middleware,
  type ResponseBody,
  type StartResponse,
} from "../bridge/index.ts";
import { ConfigurationError } from "../errors/index.ts";
import { readFormField, type FormField } from "./form-field.ts";

/** What `methodOverride` can be told. The first of header, query and form that is there counts. */
export interface MethodOverrideOptions {
  /** The request header that names the method. Default `X-HTTP-Method-Override`; false: none. */
  readonly header?: string | false;
  /** The parameter of the query that names it: `/item/1?_method=DELETE`. Default: none. */
  readonly query?: string;
  /**
   * The field of a form (`application/x-www-form-urlencoded`, at most 64 KiB) that names it. Such a body is read before
   * the application is called, which then reads the same octets again. Default: none.
   */
  readonly form?: string;
  /** The methods that may be named, in capitals. Default PUT, PATCH and DELETE. */
  readonly methods?: readonly string[];
}

/**
 * Gives the application another REQUEST_METHOD where a POST asks for it; the one that was sent stays in
 * `environ["tsgi.original_method"]`. A method that is not in the list is not looked at.
 * @throws ConfigurationError ERR_CONFIG_OPTION: a header or a method that is no token, or one that cannot be an override
 */
export function methodOverride(options: MethodOverrideOptions = {}): Middleware {
  const { header = "X-HTTP-Method-Override", query, form, methods = ["PUT", "PATCH", "DELETE"] } = options;
  const variable = header === false ? undefined : variableOf(header);
  const allowed = new Set(methods.map(checkMethod));
  return (application) => (environ, startResponse) => {
    if (environ.REQUEST_METHOD !== "POST") return application(environ, startResponse);
    const named = headerValue(environ, variable) ?? queryValue(environ, query);
    if (named !== undefined || form === undefined) {
      return application(overridden(environ, named, allowed), startResponse);
    }
    const reading = readFormField(environ, form);
    if (reading === undefined) return application(environ, startResponse);
    return afterForm(reading, environ, allowed, application, startResponse);
  };
}

async function afterForm(
  reading: Promise<FormField>,
  environ: Environ,
  allowed: ReadonlySet<string>,
  application: Application,
  startResponse: StartResponse,
): Promise<ResponseBody> {
  const { value, input } = await reading;
  const replayed = copyEnviron(environ, { "wsgi.input": input });
  return application(overridden(replayed, value, allowed), startResponse);
}

function overridden(environ: Environ, named: string | undefined, allowed: ReadonlySet<string>): Environ {
  const method = named?.trim().toUpperCase();
  if (method === undefined || !allowed.has(method)) return environ;
  return copyEnviron(environ, {
    REQUEST_METHOD: method,
    "tsgi.original_method": environ.REQUEST_METHOD,
  });
}

function headerValue(environ: Environ, variable: string | undefined): string | undefined {
  const value = variable === undefined ? undefined : environ[variable];
  return typeof value === "string" && value !== "" ? value : undefined;
}

function queryValue({ QUERY_STRING: query }: Environ, name: string | undefined): string | undefined {
  if (name === undefined || !query) return undefined;
  return new URLSearchParams(query).get(name) || undefined;
}

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

function variableOf(header: string): string {
  if (token.test(header)) return `HTTP_${header.toUpperCase().replaceAll("-", "_")}`;
  throw new ConfigurationError(
    "ERR_CONFIG_OPTION",
    `methodOverride: header is ${describeValue(header)}; expected the name of a request header, or false`,
  );
}

/** HEAD would get a body, since the gateway still answers a POST; CONNECT and TRACE are no application's affair. */
const neverOverrides: ReadonlySet<string> = new Set(["CONNECT", "HEAD", "TRACE"]);

function checkMethod(method: unknown): string {
  if (
    typeof method === "string" &&
    token.test(method) &&
    method === method.toUpperCase() &&
    !neverOverrides.has(method)
  )
    return method;
  throw new ConfigurationError(
    "ERR_CONFIG_OPTION",
    `methodOverride: methods has ${quoted(String(method))}; expected names in capitals, without ${[...neverOverrides].join(", ")}`,
  );
}
