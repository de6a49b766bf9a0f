/**
 * `fastcgi:ADDR`, `scgi:ADDR`: which protocol to speak and where, as one word of a command line.
 * @module
 */
import { ConfigurationError } from "../errors/index.ts";
import { formatAddress, parseAddress } from "../protocols/address.ts";
import { connectTarget } from "./connect.ts";
import type { ClientProtocol, GatewayClientOptions } from "./types.ts";
import { clientWires } from "./wire.ts";

/** An application's protocol and address. */
export type GatewayTarget = Pick<GatewayClientOptions, "protocol" | "address">;

/**
 * Reads `fastcgi:unix:/path`, `scgi:host:port` and the like.
 * @throws ConfigurationError ERR_CONFIG_ADDRESS with what came and what was expected
 */
export function parseGatewayTarget(text: string): GatewayTarget {
  const colon = text.indexOf(":");
  const protocol = text.slice(0, Math.max(colon, 0));
  if (!Object.hasOwn(clientWires, protocol)) {
    const shown = JSON.stringify(text.slice(0, 200));
    const expected = Object.keys(clientWires).map((name) => `${name}:ADDR`);
    throw new ConfigurationError(
      "ERR_CONFIG_ADDRESS",
      `${shown} names no gateway; expected ${expected.join(" or ")}, such as fastcgi:unix:/run/app.sock`,
    );
  }
  const address = parseAddress(text.slice(colon + 1));
  connectTarget(address);
  return { protocol: protocol as ClientProtocol, address };
}

/** Writes a target so that `parseGatewayTarget` reads the same one again. */
export function formatGatewayTarget({ protocol, address }: GatewayTarget): string {
  return `${protocol}:${formatAddress(address)}`;
}
