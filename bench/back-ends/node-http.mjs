/** Node's own http server on a UNIX socket: what a user would put behind nginx instead. `node node-http.mjs PATH` */
import { createServer } from "node:http";
import { expressApp, listener } from "./listener.mjs";

const app = await expressApp();
const server = createServer((req, res) => (req.url === "/express" ? app : listener)(req, res));
// Longer than nginx keeps an idle upstream connection, as Node's manual of deployment says; the default 5 s is a 502
// now and then.
server.keepAliveTimeout = 75_000;
server.listen(process.argv[2], () => process.stderr.write("ready\n"));
