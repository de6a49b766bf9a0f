/** The npm package node-fastcgi on a UNIX socket. `node node-fastcgi.mjs PATH` */
import fastcgi from "node-fastcgi";
import { listener } from "./listener.mjs";

fastcgi.createServer(listener).listen(process.argv[2], () => process.stderr.write("ready\n"));
