/**
 * One request to a gateway, as a web server sends it.
 * @module
 */
import { GatewayClient } from "../../src/client/index.ts";
import type { Address } from "../../src/protocols/address.ts";

export interface GatewayAnswer {
  readonly status: number;
  readonly text: string;
}

/** Asks over FastCGI, on a connection of its own; the client is 192.0.2.1. */
export async function askGateway(
  address: Address,
  { method = "GET", target = "/", body = "" } = {},
): Promise<GatewayAnswer> {
  const client = new GatewayClient({ protocol: "fastcgi", address });
  try {
    const octets = Buffer.from(body);
    const params = Object.entries({
      REQUEST_METHOD: method,
      REQUEST_URI: target,
      SCRIPT_NAME: "",
      SERVER_NAME: "h",
      SERVER_PORT: "80",
      SERVER_PROTOCOL: "HTTP/1.1",
      REMOTE_ADDR: "192.0.2.1",
      CONTENT_LENGTH: String(octets.length),
    });
    const answer = await client.request({ params, body: octets });
    const chunks: Uint8Array[] = [];
    for await (const chunk of answer.body) chunks.push(chunk);
    return { status: answer.status, text: Buffer.concat(chunks).toString() };
  } finally {
    await client.close();
  }
}
