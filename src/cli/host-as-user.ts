/**
 * Hosts an application as another user in one process: listens as root, becomes that user, only then loads the
 * application. Requests that come meanwhile wait for it.
 * @module
 */
import type { Application } from "../bridge/index.ts";
import { becomeUser, type Identity } from "../process/index.ts";
import { serve, type GatewayServer, type ServeOptions } from "../server/index.ts";

/**
 * Gives the server once the application has loaded.
 * @param bound - called while this is still root
 * @throws what `serve`, `bound`, `becomeUser` and `load` throw; nothing is listened on then
 */
export async function hostAsUser(
  identity: Identity,
  options: ServeOptions,
  bound: (server: GatewayServer) => void,
  load: () => Promise<Application>,
): Promise<GatewayServer> {
  let loaded: (application: Application) => void = () => {};
  const loading = new Promise<Application>((resolve) => {
    loaded = resolve;
  });
  let application: Application = async (environ, startResponse) => (await loading)(environ, startResponse);
  const server = await serve((environ, startResponse) => application(environ, startResponse), options);
  try {
    bound(server);
    becomeUser(identity);
    application = await load();
  } catch (error) {
    await server.close({ graceMs: 0 });
    throw error;
  }
  loaded(application);
  return server;
}
