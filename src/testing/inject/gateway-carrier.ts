/**
 * FastCGI and SCGI: the client of src/client and the connection driver of src/server, with memory for a socket.
 * @module
 */
import { GatewayClient, type ClientProtocol } from "../../client/index.ts";
import { hostSockets } from "../../server/index.ts";
import { endGraceMs, type Carrier } from "./carrier.ts";
import { requestParams } from "./inject-request.ts";
import { connectionPair } from "./memory-socket.ts";

/** SCGI sends the length of a body first: what comes without one is gathered up to here. */
const maxUnsizedBodyOctets = 67_108_864;

export function gatewayCarrier(protocol: ClientProtocol): Carrier {
  return async (application, request, options) => {
    const params = requestParams(request);
    const host = await hostSockets(application, options);
    const client = new GatewayClient({
      protocol,
      address: { kind: "unix", path: "memory" },
      maxIdleConnections: 0,
      maxUnsizedBodyOctets,
      connect: () => {
        const [front, gateway] = connectionPair();
        host.accept(protocol, gateway);
        return front;
      },
    });
    const end = async (): Promise<void> => {
      await Promise.all([client.close(), host.close(endGraceMs)]);
    };
    const { body, signal, role, data } = request;
    try {
      const answer = await client.request({
        params,
        ...(body === undefined ? {} : { body }),
        ...(signal === undefined ? {} : { signal }),
        ...(role === undefined ? {} : { role }),
        ...(data === undefined ? {} : { data }),
      });
      return { ...answer, headers: answer.headers, body: answer.body, end };
    } catch (error) {
      await end();
      throw error;
    }
  };
}
