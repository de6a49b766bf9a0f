/**
 * The protocols that the client speaks, as one table: how to make a protocol's core, and what sets it apart.
 * @module
 */
import { FastcgiWebServerSide } from "../protocols/fastcgi/index.ts";
import type { GatewayClientCore } from "../protocols/gateway-client-core.ts";
import type { BlockPool } from "../protocols/output-buffer.ts";
import { ScgiWebServerSide } from "../protocols/scgi/index.ts";
import type { ClientProtocol } from "./types.ts";

/** What the client has to know of a protocol. */
export interface ClientWire {
  /** Begins a connection. */
  createCore(pool: BlockPool): GatewayClientCore;
  /** The code of the error for an answer that is cut short. */
  readonly truncatedCode: "ERR_FCGI_TRUNCATED" | "ERR_SCGI_TRUNCATED";
  /** An answer ends with the connection: only its Content-Length tells a cut one from a whole one. */
  readonly endsByClose: boolean;
  /** The body's length is sent before the body. */
  readonly needsLength: boolean;
}

export const clientWires: Readonly<Record<ClientProtocol, ClientWire>> = {
  fastcgi: {
    createCore: (pool) => new FastcgiWebServerSide({ pool }),
    truncatedCode: "ERR_FCGI_TRUNCATED",
    endsByClose: false,
    needsLength: false,
  },
  scgi: {
    createCore: (pool) => new ScgiWebServerSide({ pool }),
    truncatedCode: "ERR_SCGI_TRUNCATED",
    endsByClose: true,
    needsLength: true,
  },
};
