/** Types of example-servers.mjs, for the tests. */
export type ExampleServer = "nginx" | "apache" | "lighttpd" | "haproxy" | "h2o" | "caddy";
export const exampleServers: Readonly<
  Record<ExampleServer, { readonly folder: string; readonly program: string; readonly package: string }>
>;
export function findServer(server: ExampleServer): string | undefined;
export function prepareExample(options: {
  readonly server: ExampleServer;
  /** A file of the server's folder, e.g. `proxy-pass-unix.conf`. */
  readonly example: string;
  /** An existing directory: takes the place of /run/tsgi and /srv/tsgi, and holds the server's own files. */
  readonly directory: string;
  /** Takes the place of 8080. */
  readonly port: number;
  /** Take the place of 9000, 9001, ... */
  readonly upstreamPorts?: readonly number[];
}): { readonly words: string[]; readonly environment: Readonly<Record<string, string>> };
