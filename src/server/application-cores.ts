/**
 * The protocols that the server speaks, as one table: a name and how to make the core of a connection.
 * @module
 */
import { FastcgiApplicationSide } from "../protocols/fastcgi/index.ts";
import type { GatewayCore, GatewayRole } from "../protocols/gateway-core.ts";
import type { BlockPool } from "../protocols/output-buffer.ts";
import { ScgiApplicationSide } from "../protocols/scgi/index.ts";
import type { ServerLimits } from "./limits.ts";

/** The protocols that sockets are listened on for; the options of `serve` have the same names. */
export type ServerProtocol = "fastcgi" | "scgi";

/** What cores are made of. */
export interface CoreSettings {
  readonly pool: BlockPool;
  readonly limits: ServerLimits;
  /** FastCGI roles that are accepted; undefined: all. */
  readonly roles: readonly GatewayRole[] | undefined;
}

/** How to begin a connection of each protocol, in the order in which `serve` listens. */
export const applicationCores: Readonly<Record<ServerProtocol, (settings: CoreSettings) => GatewayCore>> = {
  fastcgi: ({ pool, limits, roles }) =>
    new FastcgiApplicationSide({
      pool,
      ...(roles === undefined ? {} : { roles }),
      limits: {
        maxParamsOctets: limits.maxParamsOctets,
        maxParams: limits.maxParams,
        maxRequests: limits.maxRequestsPerConnection,
        maxConnections: limits.maxConnections,
      },
    }),
  scgi: ({ pool, limits }) => new ScgiApplicationSide({ pool, limits }),
};
