/**
 * The one nginx that all back ends stand behind: one worker, a port for each back end, UNIX sockets to them.
 *
 * Both sides get the same buffers and the same kept connections. What is proxied carries no X-Forwarded headers: the
 * lighter job is Node's, which then does not know the client, where FastCGI's parameters always say it.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, connect } from "node:net";
import { join } from "node:path";
import { start, workDirectory } from "./children.mjs";

/** Large enough that nginx's own buffering is never what is measured, and never goes to disk. */
const buffers = (name) => `
      ${name}_buffer_size 16k;
      ${name}_buffers 64 32k;
      ${name}_busy_buffers_size 64k;
      ${name}_max_temp_file_size 0;
      ${name}_request_buffering off;`;

/** The parameters of nginx-examples/keepalive.conf. */
const params = `
    fastcgi_param REQUEST_METHOD $request_method;
    fastcgi_param REQUEST_URI $request_uri;
    fastcgi_param SCRIPT_NAME "";
    fastcgi_param PATH_INFO $document_uri;
    fastcgi_param QUERY_STRING $query_string;
    fastcgi_param CONTENT_TYPE $content_type;
    fastcgi_param CONTENT_LENGTH $content_length;
    fastcgi_param SERVER_PROTOCOL $server_protocol;
    fastcgi_param SERVER_SOFTWARE nginx/$nginx_version;
    fastcgi_param SERVER_NAME $server_name;
    fastcgi_param SERVER_ADDR $server_addr;
    fastcgi_param SERVER_PORT $server_port;
    fastcgi_param REMOTE_ADDR $remote_addr;
    fastcgi_param REMOTE_PORT $remote_port;
    fastcgi_param REQUEST_SCHEME $scheme;
    fastcgi_param HTTPS $https if_not_empty;
    fastcgi_param GATEWAY_INTERFACE CGI/1.1;
    fastcgi_param HTTP_HOST $host;
    fastcgi_param HTTP_PROXY "";`;

function pass(name, { protocol, mode }) {
  const kept = mode === "kept";
  if (protocol === "fastcgi") {
    return `fastcgi_pass ${name};
      fastcgi_keep_conn ${kept ? "on" : "off"};${buffers("fastcgi")}`;
  }
  return `proxy_pass http://${name};
      proxy_http_version ${kept ? '1.1;\n      proxy_set_header Connection ""' : "1.0"};
      proxy_set_header Host $host;${buffers("proxy")}`;
}

function serverBlock(backEnd, n) {
  const name = `back_end_${n}`;
  const keep = backEnd.mode === "kept" ? "keepalive 64; keepalive_requests 1000000000;" : "";
  return `
  upstream ${name} { server unix:${backEnd.socket}; ${keep} }
  server {
    listen 127.0.0.1:${backEnd.port};
    server_name localhost;
    location / {
      ${pass(name, backEnd)}
    }
  }`;
}

function configuration(backEnds) {
  const places = ["client_body", "proxy", "fastcgi", "scgi", "uwsgi"].map(
    (name) => `${name}_temp_path temp/${name};`,
  );
  return `
worker_processes 1;
daemon off;
pid nginx.pid;
${process.getuid?.() === 0 ? "user root;" : ""}
events { worker_connections 4096; }
http {
  access_log off;
  ${places.join("\n  ")}
  keepalive_requests 1000000000;
  client_max_body_size 0;
  client_body_buffer_size 256k;
${params}
${backEnds.map(serverBlock).join("\n")}
}
`;
}

/**
 * Starts nginx in front of the back ends, and gives each its `port`.
 * @param {ReadonlyArray<{ socket: string, protocol: "http" | "fastcgi", mode: "kept" | "closed", port?: number }>} backEnds
 */
export async function startNginx(program, backEnds) {
  const ports = await freePorts(backEnds.length);
  for (const [n, backEnd] of backEnds.entries()) backEnd.port = ports[n];
  const directory = workDirectory();
  mkdirSync(join(directory, "temp"), { recursive: true });
  const file = join(directory, "nginx.conf");
  const log = join(directory, "error.log");
  writeFileSync(file, configuration(backEnds));
  const nginx = start(program, ["-p", `${directory}/`, "-c", file, "-e", log], { stdio: "ignore" });
  const ended = new Promise((_resolve, reject) => {
    nginx.once("exit", () => reject(new Error(`nginx did not start: ${readFileSync(log, "utf8")}`)));
    nginx.once("error", (error) => reject(new Error(`nginx could not be run: ${error.message}`)));
  });
  // It may end at any later time without anybody waiting.
  ended.catch(() => {});
  await Promise.race([ended, listening(ports.at(-1))]);
  return nginx;
}

/** The end of nginx's error log: why an answer was an error. */
export function nginxComplaints() {
  return readFileSync(join(workDirectory(), "error.log"), "utf8").slice(-1_000);
}

async function freePorts(count) {
  const servers = Array.from({ length: count }, () => createServer());
  await Promise.all(
    servers.map((server) => new Promise((resolve) => server.listen(0, "127.0.0.1", resolve))),
  );
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** nginx says nothing when it is ready: try until it accepts. */
async function listening(port) {
  for (let tries = 0; tries < 300; tries++) {
    if (await accepts(port)) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`nginx does not listen on port ${port}`);
}

function accepts(port) {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true));
    socket.once("error", () => resolve(false));
    socket.once("close", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}
