/**
 * fromFetch: a fetch handler as an application. Hono, `export default { fetch }`, and what SvelteKit, React Router,
 * Astro and Nitro emit.
 *
 * A handler that is answered at once, with a Response of text or octets, costs no promise and nothing of undici.
 * @module
 */
import {
  describeValue,
  errorPage,
  gatewayStatus,
  type Application,
  type Environ,
  type ResponseBody,
  type StartResponse,
} from "../bridge/index.ts";
import { ConfigurationError, RemoteProtocolError } from "../errors/index.ts";
import { originOfEnviron } from "./environ-url.ts";
import { startAnswer } from "./fetch-answer.ts";
import { TaskContext, type FetchContext } from "./fetch-context.ts";
import { installFetchGlobals, joinFetchGlobals, takesLazyRequests } from "./fetch-globals.ts";
import { LazyRequest } from "./fetch-request.ts";
import { StreamBody } from "./fetch-stream-body.ts";

/** The second argument of a fetch handler. */
export interface FetchEnv {
  /** The environ of the request: what the web server says, such as REMOTE_ADDR and REMOTE_USER. */
  readonly environ: Environ;
}

/** A fetch handler; it may leave out arguments from the end. */
export type FetchFunction = (
  request: Request,
  env: FetchEnv,
  ctx: FetchContext,
) => Response | Promise<Response>;

/** A fetch handler, or an object that has one: a Hono application, a module's default export. */
export type FetchHandler = FetchFunction | { fetch: FetchFunction };

export interface FromFetchOptions {
  /**
   * Whether the global Response is replaced by one that is cheap to make; fetch()'s Responses are still its instances.
   * Default true. False leaves all globals alone, and each `new Response` costs 20 us.
   */
  readonly overrideGlobals?: boolean;
}

/**
 * Makes an application of a fetch handler.
 * @throws ConfigurationError ERR_CONFIG_APPLICATION for what is no handler
 */
export function fromFetch(handler: FetchHandler, options: FromFetchOptions = {}): Application {
  const call = toFunction(handler);
  let isLazy = true;
  if (options.overrideGlobals === false) {
    let isFirst = true;
    return (environ, startResponse) => {
      // Not before: looking at the globals is dear, and a CGI script may be asked nothing.
      if (isFirst) {
        joinFetchGlobals();
        isLazy = takesLazyRequests();
        isFirst = false;
      }
      return answer(environ, startResponse, call, isLazy);
    };
  }
  installFetchGlobals();
  return (environ, startResponse) => answer(environ, startResponse, call, isLazy);
}

function toFunction(handler: FetchHandler): FetchFunction {
  if (typeof handler === "function") return handler;
  // Looked up for each request and called on its object: what is replaced while developing is then what is called.
  if (typeof handler?.fetch === "function") return (request, env, ctx) => handler.fetch(request, env, ctx);
  throw new ConfigurationError(
    "ERR_CONFIG_APPLICATION",
    `fromFetch() got ${describeValue(handler)}; expected a function (request, env, ctx), or an object with fetch`,
  );
}

function answer(
  environ: Environ,
  startResponse: StartResponse,
  call: FetchFunction,
  isLazy: boolean,
): ResponseBody | Promise<ResponseBody> {
  const context = new TaskContext(environ["wsgi.errors"]);
  let lazy: LazyRequest;
  try {
    lazy = new LazyRequest(environ, originOfEnviron(environ), context);
  } catch (error) {
    return refuse(error, environ, startResponse);
  }
  try {
    const response: unknown = call(
      (isLazy ? lazy : LazyRequest.unwrap(lazy)) as Request,
      { environ },
      context,
    );
    if (isPromise(response)) {
      return response
        .then((settled) => respond(settled, environ, startResponse, context))
        .catch((error: unknown) => fail(error, context));
    }
    return respond(response, environ, startResponse, context);
  } catch (error) {
    return fail(error, context);
  }
}

/** U4: the application is not called with a URL that could name any server. */
function refuse(error: unknown, environ: Environ, startResponse: StartResponse): ResponseBody {
  if (!(error instanceof RemoteProtocolError)) throw error;
  environ["wsgi.errors"].write(`${error.message}\n`);
  const page = errorPage(gatewayStatus.badRequest);
  startResponse(page.status, page.headers);
  return [page.octets];
}

function respond(
  response: unknown,
  environ: Environ,
  startResponse: StartResponse,
  context: TaskContext,
): ResponseBody {
  const body = startAnswer(response, environ, startResponse);
  if (!Array.isArray(body)) return new StreamBody(body, environ, () => context.settled());
  return context.running ? Object.assign(body, { close: () => context.settled() }) : body;
}

/** Throws what the handler threw; where something runs on, from within a body, since bodies are waited for. */
function fail(error: unknown, context: TaskContext): ResponseBody {
  if (!context.running) throw error;
  return {
    [Symbol.iterator]() {
      throw error;
    },
    close: () => context.settled(),
  };
}

function isPromise(value: unknown): value is Promise<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}
