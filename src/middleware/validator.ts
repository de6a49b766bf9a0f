/**
 * `validator`: wsgiref.validate's middleware. It stands between a server and an application, holds both to the calling
 * convention, and is otherwise as good as not there.
 *
 * The rules are validator-rules.ts; what each is checked by stands in the other files of this name. Measured: 20
 * microseconds of CPU a small request in place of 3. It is meant for development and tests.
 * @module
 */
import {
  describeValue,
  isOctets,
  isThenable,
  type Application,
  type Environ,
  type ResponseBody,
  type StartResponse,
  type Write,
} from "../bridge/index.ts";
import { ConfigurationError, type ValidationError } from "../errors/index.ts";
import { checkedBody, type BodyWatcher } from "./validator-body.ts";
import { checkCall, checkEnviron } from "./validator-environ.ts";
import { Findings, type FindingSettings } from "./validator-findings.ts";
import { checkContentType, checkExcInfo, checkHeaders, checkStatus, hasNoContent } from "./validator-head.ts";
import { validationRules, type ValidationRuleName } from "./validator-rules.ts";
import { checkedErrors, checkedFileWrapper, checkedInput } from "./validator-streams.ts";

export interface ValidatorOptions {
  /** Rules that only warn, such as ["V37"] for applications that send no Content-Type. Default none. */
  readonly warnOnly?: readonly ValidationRuleName[];
  /** Takes every warning. Default: a line to `wsgi.errors`, once for each that differs. */
  readonly onWarning?: (warning: ValidationError) => void;
}

/**
 * Holds `application`, and whatever calls it, to the calling convention: a broken rule is a ValidationError, thrown
 * where it was broken. An application that does not catch it is answered 500 by the gateway.
 * @throws ConfigurationError ERR_CONFIG_OPTION: `application` is no function, `warnOnly` names no rule
 */
export function validator(application: Application, options: ValidatorOptions = {}): Application {
  if (typeof application !== "function") {
    throw new ConfigurationError(
      "ERR_CONFIG_OPTION",
      `validator was given ${describeValue(application)}; expected an application (environ, startResponse)`,
    );
  }
  const settings: FindingSettings = {
    warnOnly: new Set(options.warnOnly?.map(requireRule)),
    onWarning: options.onWarning,
    said: new Set(),
  };
  return (...given) => {
    const findings = new Findings(settings, given[0]);
    if (!checkCall(given, findings)) return application(...given);
    const [environ, startResponse] = given;
    checkEnviron(environ, findings);
    const request = new ValidatedRequest(environ, startResponse, findings);
    const result = application(environ, request.startResponse);
    return isThenable(result)
      ? Promise.resolve(result).then((body) => request.body(body))
      : request.body(result);
  };
}

function requireRule(name: ValidationRuleName): ValidationRuleName {
  if (Object.hasOwn(validationRules, name)) return name;
  throw new ConfigurationError(
    "ERR_CONFIG_OPTION",
    `validator: warnOnly has ${describeValue(name)}; expected rules such as "V37", see docs/middleware.md`,
  );
}

/** One request on its way through. */
class ValidatedRequest implements BodyWatcher {
  /** What the application is given. */
  readonly startResponse: StartResponse;
  readonly #environ: Environ;
  readonly #findings: Findings;
  readonly #isHead: boolean;
  #called = false;
  /** The server has taken a head. */
  #started = false;
  /** startResponse has thrown although it was given excInfo. */
  #refused = false;
  #returned = false;
  #over = false;
  #code = NaN;
  #declared: number | undefined = undefined;
  #sent = 0;

  constructor(environ: Environ, startResponse: StartResponse, findings: Findings) {
    this.#environ = environ;
    this.#findings = findings;
    this.#isHead = environ.REQUEST_METHOD === "HEAD";
    this.startResponse = (...given) => this.#start(startResponse, given);
    // As wsgiref's does, in environ itself: it is this request's own, and a copy would lose what others keep in it.
    environ["wsgi.input"] = checkedInput(environ["wsgi.input"], findings, () => this.#over);
    environ["wsgi.errors"] = checkedErrors(environ["wsgi.errors"], findings);
    if (typeof environ["wsgi.file_wrapper"] === "function") {
      environ["wsgi.file_wrapper"] = checkedFileWrapper(environ["wsgi.file_wrapper"], findings);
    }
  }

  /** What the application has returned, as the server gets it. */
  body(body: unknown): ResponseBody {
    this.#returned = true;
    return checkedBody(body, this.#findings, this);
  }

  chunk(octets: Uint8Array): void {
    this.#requireUnrefused();
    if (octets.length === 0) return;
    if (!this.#started) {
      this.#findings.report("V54", "the body has begun and startResponse has not been called");
    }
    this.#count(octets);
  }

  ended(): void {
    this.#requireUnrefused();
    const isShort = this.#declared !== undefined && this.#sent < this.#declared && !this.#isUncounted();
    // An application whose client has gone may end as it likes. Asked only now: a look makes the signal.
    if ((!this.#started || isShort) && this.#environ["tsgi.signal"]?.aborted) return;
    if (!this.#started) {
      this.#findings.report("V54", "the body has ended and startResponse has not been called");
    }
    if (this.#declared === undefined || this.#isUncounted() || this.#sent >= this.#declared) return;
    this.#findings.report(
      "S71",
      `the body has ${this.#sent} octets and Content-Length says ${this.#declared}`,
    );
  }

  closed(): void {
    this.#over = true;
  }

  #start(startResponse: StartResponse, given: Parameters<StartResponse>): Write {
    if (given.length < 2 || given.length > 3) {
      this.#findings.report(
        "V3",
        `startResponse was called with ${given.length} arguments; expected status, headers and perhaps excInfo`,
      );
    }
    const [status, headers, excInfo] = given;
    const isReplacing = excInfo !== undefined && excInfo !== null;
    if (isReplacing) checkExcInfo(excInfo, this.#findings);
    else if (this.#called) {
      this.#findings.report(
        "A24",
        "startResponse was called a second time; expected excInfo, the thrown value",
      );
    }
    this.#called = true;
    const code = checkStatus(status, this.#findings);
    const { hasContentType, contentLength } = checkHeaders(headers, this.#findings);
    // An authorizer that lets a request pass answers nobody: its 200 has neither a reader nor content (FastCGI 6.3).
    if (code !== 200 || this.#environ["tsgi.role"] !== "authorizer")
      checkContentType(code, hasContentType, this.#findings);
    let write: Write;
    try {
      write = startResponse(...given);
    } catch (error) {
      this.#refused = isReplacing;
      throw error;
    }
    if (typeof write !== "function") {
      this.#findings.report(
        "S8",
        `startResponse returned ${describeValue(write)}; expected write, a function`,
      );
    }
    this.#started = true;
    this.#code = code;
    this.#declared = contentLength;
    return (...chunks) => this.#write(write, chunks);
  }

  #write(write: Write, given: Parameters<Write>): Promise<void> {
    const [chunk] = given;
    this.#requireUnrefused();
    if (given.length !== 1 || !isOctets(chunk)) {
      const shown = given.map(describeValue).join(", ");
      this.#findings.report("V51", `write() was given ${shown || "nothing"}; expected one Uint8Array`);
    } else {
      if (this.#returned) {
        this.#findings.report("A28", "write() was called after the body had been returned: yield the chunk");
      }
      this.#count(chunk);
    }
    const result = write(...given);
    if (!isThenable(result)) {
      this.#findings.report("S78", `write() gave ${describeValue(result)}; expected a promise`);
    }
    return result;
  }

  #requireUnrefused(): void {
    if (!this.#refused) return;
    this.#findings.report(
      "A23",
      "startResponse threw when it was called with excInfo, and the application went on; expected it to end",
    );
  }

  #count({ length }: Uint8Array): void {
    if (length > 0 && hasNoContent(this.#code)) {
      this.#findings.report("X3", `a ${this.#code} has ${length} octets of content; expected none`);
    }
    this.#sent += length;
    if (this.#declared === undefined || this.#isUncounted() || this.#sent <= this.#declared) return;
    this.#findings.report(
      "S69",
      `the body has ${this.#sent} octets so far; Content-Length is ${this.#declared}`,
    );
  }

  /** The answer to HEAD may have the body of GET, or none; 304 may declare what it does not send. */
  #isUncounted(): boolean {
    return this.#isHead || hasNoContent(this.#code);
  }
}
