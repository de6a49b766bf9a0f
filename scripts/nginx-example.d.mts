/** Types of nginx-example.mjs, for the tests. */
export function findNginx(): string | undefined;
export function prepareNginx(options: {
  /** A file of nginx-examples, e.g. `fastcgi-unix.conf`. */
  readonly example: string;
  /** An existing directory: takes the place of /run/tsgi and /srv/tsgi, and holds nginx's own files. */
  readonly directory: string;
  /** Takes the place of 8080. */
  readonly port: number;
  /** Take the place of 9000, 9001, ... */
  readonly upstreamPorts?: readonly number[];
  readonly httpLines?: readonly string[];
  /** Of nginx's error log, which is its standard error. Default `info`. */
  readonly logLevel?: string;
  /** False: one process instead of a master with workers, so that no worker outlives a killed master. Default true. */
  readonly workers?: boolean;
}): string[];
