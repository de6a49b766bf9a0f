/**
 * Every web server that asks a FastCGI authorizer, as its shipped authorizer.conf has it. README's second matrix has a
 * row for each.
 * @module
 */
import type { ExampleServer } from "../../scripts/example-servers.mjs";
import { authorizerAllowances, type Allowance } from "../../src/testing/index.ts";

export interface AuthorizerRow {
  /** What README calls it. */
  readonly name: string;
  readonly server: ExampleServer;
  /** Where the guarded application is mounted. */
  readonly mount: string;
  /** Where the authorizer and the application behind it listen, as the example has it. */
  readonly authorizer: string;
  readonly application: string;
  readonly allowances: readonly Allowance[];
}

export const authorizerFrontEnds: readonly AuthorizerRow[] = [
  {
    name: "Apache, mod_authnz_fcgi",
    server: "apache",
    mount: "/app",
    authorizer: "127.0.0.1:9000",
    application: "127.0.0.1:9001",
    allowances: authorizerAllowances.apacheAuthnz,
  },
  {
    name: "lighttpd, mod_fastcgi as authorizer",
    server: "lighttpd",
    mount: "",
    authorizer: "127.0.0.1:9000",
    application: "unix:/run/tsgi/app.sock",
    allowances: authorizerAllowances.lighttpdAuthorizer,
  },
  {
    name: "nginx, auth_request",
    server: "nginx",
    mount: "",
    authorizer: "unix:/run/tsgi/authorizer.sock",
    application: "unix:/run/tsgi/app.sock",
    allowances: authorizerAllowances.nginxAuthRequest,
  },
];
