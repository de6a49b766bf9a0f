/**
 * Every web server, and every way of configuring one, that the conformance suite runs behind. README's matrix has a
 * row for each.
 * @module
 */
import type { ExampleServer } from "../../scripts/example-servers.mjs";
import type { ServeOptions } from "../../src/server/index.ts";
import { frontEndAllowances, type Allowance } from "../../src/testing/index.ts";

/** What a web server speaks to a gateway. */
export type GatewayProtocol = "fastcgi" | "scgi" | "cgi";

/** Where the application is mounted, by which example, and where the gateway for it listens. */
export interface Mount {
  readonly example: string;
  readonly mount: string;
  /** As the example has it; absent where the web server starts the gateway. */
  readonly address?: string;
  readonly options?: Partial<ServeOptions>;
  /** The file in /srv/tsgi that the web server starts: `tsgi COMMAND APPLICATION WORDS`. */
  readonly script?: readonly [name: string, command: string, ...words: readonly string[]];
  /** A file in /srv/tsgi that the web server starts for each request: cgi-fcgi, which connects to `address`. */
  readonly bridge?: string;
}

export interface FrontEndRow {
  /** What README calls it. */
  readonly name: string;
  /** Which of `serve`'s options listens for it. */
  readonly protocol: GatewayProtocol;
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

/** The web server sends the path whole. */
function unsplit(example: string, mount: string, address: string): Mount {
  return { example, mount, address, options: { scriptName: mount } };
}

const sockets = ["unix:/run/tsgi/app.sock", "unix:/run/tsgi/wiki.sock"] as const;
/** How a gateway is started that finds its listening socket at file descriptor 0. */
const onDescriptor = ["serve", "--fastcgi", "fd:0"] as const;
const ports = ["127.0.0.1:9000", "127.0.0.1:9001"] as const;

export const frontEnds: readonly FrontEndRow[] = [
  {
    name: "nginx, fastcgi_pass",
    protocol: "fastcgi",
    server: "nginx",
    root: { example: "fastcgi-unix.conf", mount: "", address: "unix:/run/tsgi/app.sock" },
    subPath: { example: "sub-path.conf", mount: "/wiki", address: "unix:/run/tsgi/wiki.sock" },
    allowances: frontEndAllowances.nginx,
  },
  {
    name: "Apache, ProxyPass to a UNIX socket",
    protocol: "fastcgi",
    server: "apache",
    ...both("proxy-pass-unix.conf", ...sockets, true),
    allowances: frontEndAllowances.apacheProxy,
  },
  {
    name: "Apache, ProxyPass to a port",
    protocol: "fastcgi",
    server: "apache",
    ...both("proxy-pass-tcp.conf", ...ports, true),
    allowances: frontEndAllowances.apacheProxy,
  },
  {
    name: "Apache, ProxyPass with enablereuse",
    protocol: "fastcgi",
    server: "apache",
    ...both("keepalive.conf", ...ports, true),
    allowances: frontEndAllowances.apacheProxy,
  },
  {
    name: "Apache, ProxyPassMatch",
    protocol: "fastcgi",
    server: "apache",
    ...both("proxy-pass-match.conf", ...ports, true),
    allowances: frontEndAllowances.apacheProxy,
  },
  {
    name: "Apache, SetHandler",
    protocol: "fastcgi",
    server: "apache",
    ...both("set-handler.conf", ...sockets, true),
    allowances: frontEndAllowances.apacheProxy,
  },
  {
    name: "Apache, mod_fcgid",
    protocol: "fastcgi",
    server: "apache",
    root: { example: "fcgid.conf", mount: "", script: ["app.fcgi", ...onDescriptor, "--script-name", ""] },
    subPath: {
      example: "fcgid.conf",
      mount: "/wiki",
      script: ["wiki.fcgi", ...onDescriptor, "--script-name", "/wiki"],
    },
    allowances: frontEndAllowances.apacheFcgid,
  },
  {
    name: "Apache, mod_cgid and cgi-fcgi",
    protocol: "fastcgi",
    server: "apache",
    root: { ...unsplit("cgi-fcgi.conf", "", sockets[0]), bridge: "app.cgi" },
    subPath: { ...unsplit("cgi-fcgi.conf", "/wiki", sockets[1]), bridge: "wiki.cgi" },
    allowances: frontEndAllowances.cgiFcgi,
  },
  {
    name: "lighttpd, mod_fastcgi to a UNIX socket",
    protocol: "fastcgi",
    server: "lighttpd",
    ...both("fastcgi-unix.conf", ...sockets, false),
    allowances: frontEndAllowances.lighttpd,
  },
  {
    name: "lighttpd, mod_fastcgi to a port",
    protocol: "fastcgi",
    server: "lighttpd",
    ...both("fastcgi-tcp.conf", ...ports, false),
    allowances: frontEndAllowances.lighttpd,
  },
  {
    name: "lighttpd, mod_fastcgi with bin-path",
    protocol: "fastcgi",
    server: "lighttpd",
    root: { example: "bin-path.conf", mount: "", script: ["app.fcgi", ...onDescriptor] },
    subPath: { example: "bin-path.conf", mount: "/wiki", script: ["wiki.fcgi", ...onDescriptor] },
    allowances: frontEndAllowances.lighttpd,
  },
  {
    name: "Caddy, transport fastcgi",
    protocol: "fastcgi",
    server: "caddy",
    ...both("fastcgi.Caddyfile", ...sockets, true),
    allowances: frontEndAllowances.caddy,
  },
  {
    name: "HAProxy, fcgi-app",
    protocol: "fastcgi",
    server: "haproxy",
    ...both("fastcgi.cfg", ...sockets, true),
    allowances: frontEndAllowances.haproxy,
  },
  {
    name: "HAProxy, fcgi-app with mpxs-conns",
    protocol: "fastcgi",
    server: "haproxy",
    ...both("multiplexing.cfg", ...ports, true, { maxRequestsPerConnection: 100 }),
    allowances: frontEndAllowances.haproxy,
  },
  {
    name: "h2o, fastcgi.connect",
    protocol: "fastcgi",
    server: "h2o",
    ...both("fastcgi.conf", ...sockets, true),
    allowances: frontEndAllowances.h2o,
  },
  {
    name: "nginx, scgi_pass",
    protocol: "scgi",
    server: "nginx",
    root: { example: "scgi-tcp.conf", mount: "", address: ports[0] },
    subPath: unsplit("scgi-tcp.conf", "/wiki", ports[1]),
    allowances: frontEndAllowances.nginxScgi,
  },
  {
    name: "Apache, mod_proxy_scgi",
    protocol: "scgi",
    server: "apache",
    ...both("scgi.conf", ...ports, true),
    allowances: frontEndAllowances.apacheScgi,
  },
  {
    name: "lighttpd, mod_scgi",
    protocol: "scgi",
    server: "lighttpd",
    ...both("scgi.conf", ...ports, false),
    allowances: frontEndAllowances.lighttpd,
  },
  {
    name: "Apache, mod_cgid",
    protocol: "cgi",
    server: "apache",
    root: { example: "cgi.conf", mount: "", script: ["app.cgi", "cgi", "--script-name", ""] },
    subPath: { example: "cgi.conf", mount: "/wiki", script: ["wiki.cgi", "cgi", "--script-name", "/wiki"] },
    allowances: frontEndAllowances.apacheCgi,
  },
  {
    name: "lighttpd, mod_cgi",
    protocol: "cgi",
    server: "lighttpd",
    root: { example: "cgi.conf", mount: "", script: ["app.cgi", "cgi", "--script-name", ""] },
    subPath: { example: "cgi.conf", mount: "/wiki", script: ["wiki.cgi", "cgi", "--script-name", "/wiki"] },
    allowances: frontEndAllowances.lighttpdCgi,
  },
];
