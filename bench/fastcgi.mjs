/** FastCGI by hand, so that no codec under test is also the tool: a request as octets, and where an answer ends. */

const record = (type, content) =>
  Buffer.concat([Buffer.from([1, type, 0, 1, content.length >> 8, content.length & 255, 0, 0]), content]);

const pair = ([name, value]) =>
  Buffer.concat([Buffer.from([name.length, value.length]), Buffer.from(name + value)]);

/** A whole GET request, id 1. `keeps`: the connection is to go on behind its answer. */
export function fastcgiRequest(path, keeps = true) {
  const params = Object.entries({
    REQUEST_METHOD: "GET",
    SCRIPT_NAME: "",
    PATH_INFO: path,
    REQUEST_URI: path,
    QUERY_STRING: "",
    SERVER_NAME: "localhost",
    SERVER_PORT: "80",
    SERVER_PROTOCOL: "HTTP/1.1",
    HTTP_HOST: "localhost",
  });
  const nothing = Buffer.alloc(0);
  return Buffer.concat([
    record(1, Buffer.from([0, 1, keeps ? 1 : 0, 0, 0, 0, 0, 0])), // FCGI_BEGIN_REQUEST: responder
    record(4, Buffer.concat(params.map(pair))),
    record(4, nothing),
    record(5, nothing),
  ]);
}

/** Whether octets end with FCGI_END_REQUEST: a record of type 3, eight octets long. */
export function endsRequest(octets) {
  return octets.length >= 16 && octets[octets.length - 15] === 3;
}
