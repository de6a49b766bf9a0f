/**
 * Every web server, and every way of configuring one, that the conformance suite runs behind. README's matrix has a
 * row for each.
 * @module
 */
import type { ExampleServer } from "../../scripts/example-servers.mjs";
import type { ServeOptions } from "../../src/server/index.ts";
import { frontEndAllowances, type Allowance } from "../../src/testing/index.ts";

/** Where the application is mounted, by which example, and where the gateway for it listens. */
export interface Mount {
  readonly example: string;
  readonly mount: string;
  /** As the example has it; absent where the web server starts the gateway. */
  readonly address?: string;
  readonly options?: Partial<ServeOptions>;
  /** The file that the web server starts, in /srv/tsgi, and the words after `tsgi serve APP --fastcgi fd:0`. */
  readonly script?: readonly [name: string, ...words: readonly string[]];
}

export interface FrontEndRow {
  /** What README calls it. */
  readonly name: string;
  readonly protocol: "FastCGI" | "SCGI" | "CGI";
  readonly server: ExampleServer;
  readonly root: Mount;
  readonly subPath: Mount;
  readonly allowances: readonly Allowance[];
}

/** One example for both mounts; `whole`: the web server sends the path unsplit. */
function both(
  example: string,
  root: string,
  subPath: string,
  whole: boolean,
  more: Partial<ServeOptions> = {},
): Pick<FrontEndRow, "root" | "subPath"> {
  const at = (mount: string): Partial<ServeOptions> => (whole ? { scriptName: mount, ...more } : more);
  return {
    root: { example, mount: "", address: root, options: at("") },
    subPath: { example, mount: "/wiki", address: subPath, options: at("/wiki") },
  };
}

const sockets = ["unix:/run/tsgi/app.sock", "unix:/run/tsgi/wiki.sock"] as const;
const ports = ["127.0.0.1:9000", "127.0.0.1:9001"] as const;

export const frontEnds: readonly FrontEndRow[] = [
  {
    name: "nginx, fastcgi_pass",
    protocol: "FastCGI",
    server: "nginx",
    root: { example: "fastcgi-unix.conf", mount: "", address: "unix:/run/tsgi/app.sock" },
    subPath: { example: "sub-path.conf", mount: "/wiki", address: "unix:/run/tsgi/wiki.sock" },
    allowances: frontEndAllowances.nginx,
  },
  {
    name: "Apache, ProxyPass to a UNIX socket",
    protocol: "FastCGI",
    server: "apache",
    ...both("proxy-pass-unix.conf", ...sockets, true),
    allowances: frontEndAllowances.apacheProxy,
  },
  {
    name: "Apache, ProxyPass to a port",
    protocol: "FastCGI",
    server: "apache",
    ...both("proxy-pass-tcp.conf", ...ports, true),
    allowances: frontEndAllowances.apacheProxy,
  },
  {
    name: "Apache, ProxyPass with enablereuse",
    protocol: "FastCGI",
    server: "apache",
    ...both("keepalive.conf", ...ports, true),
    allowances: frontEndAllowances.apacheProxy,
  },
  {
    name: "Apache, ProxyPassMatch",
    protocol: "FastCGI",
    server: "apache",
    ...both("proxy-pass-match.conf", ...ports, true),
    allowances: frontEndAllowances.apacheProxy,
  },
  {
    name: "Apache, SetHandler",
    protocol: "FastCGI",
    server: "apache",
    ...both("set-handler.conf", ...sockets, true),
    allowances: frontEndAllowances.apacheProxy,
  },
  {
    name: "Apache, mod_fcgid",
    protocol: "FastCGI",
    server: "apache",
    root: { example: "fcgid.conf", mount: "", script: ["app.fcgi", "--script-name", ""] },
    subPath: { example: "fcgid.conf", mount: "/wiki", script: ["wiki.fcgi", "--script-name", "/wiki"] },
    allowances: frontEndAllowances.apacheFcgid,
  },
  {
    name: "lighttpd, mod_fastcgi to a UNIX socket",
    protocol: "FastCGI",
    server: "lighttpd",
    ...both("fastcgi-unix.conf", ...sockets, false),
    allowances: frontEndAllowances.lighttpd,
  },
  {
    name: "lighttpd, mod_fastcgi to a port",
    protocol: "FastCGI",
    server: "lighttpd",
    ...both("fastcgi-tcp.conf", ...ports, false),
    allowances: frontEndAllowances.lighttpd,
  },
  {
    name: "lighttpd, mod_fastcgi with bin-path",
    protocol: "FastCGI",
    server: "lighttpd",
    root: { example: "bin-path.conf", mount: "", script: ["app.fcgi"] },
    subPath: { example: "bin-path.conf", mount: "/wiki", script: ["wiki.fcgi"] },
    allowances: frontEndAllowances.lighttpd,
  },
  {
    name: "Caddy, transport fastcgi",
    protocol: "FastCGI",
    server: "caddy",
    ...both("fastcgi.Caddyfile", ...sockets, true),
    allowances: frontEndAllowances.caddy,
  },
  {
    name: "HAProxy, fcgi-app",
    protocol: "FastCGI",
    server: "haproxy",
    ...both("fastcgi.cfg", ...sockets, true),
    allowances: frontEndAllowances.haproxy,
  },
  {
    name: "HAProxy, fcgi-app with mpxs-conns",
    protocol: "FastCGI",
    server: "haproxy",
    ...both("multiplexing.cfg", ...ports, true, { maxRequestsPerConnection: 100 }),
    allowances: frontEndAllowances.haproxy,
  },
];
