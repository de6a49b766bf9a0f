/**
 * Why a test comes out differently through the gateway. The runner fails for a difference that is not here, and for one
 * that is here and does not occur. docs/compatibility.md is written from it.
 */

/**
 * @typedef {object} Explanation
 * @property {readonly string[]} titles of the tests, with those of the blocks around them
 * @property {string} reason a sentence or two, in Markdown
 * @property {boolean} [varies] timing decides, so that the difference may be missing
 */

const refusedTarget =
  "The web server refuses the request before any application hears of it: a path with a broken percent-escape or a NUL. " +
  "The embedded front end and nginx answer 400 alike.";
const refusedHost =
  "The test sends a `Host` that is no host, such as `http://example.com`. RFC 9112 section 3.2 has the server answer 400, " +
  "and the embedded front end and nginx both do.";
const originForm =
  "The test sends a whole URL as the request target, as to a proxy. The web server takes it apart (RFC 9112 section 3.2.2): " +
  "its path becomes REQUEST_URI, its host HTTP_HOST. nginx does the same.";
const interim =
  "A 1xx status is not an answer but comes before one, and no gateway protocol can carry it. The gateway refuses it, as it " +
  "does every status below 200 ([docs/specification.md](specification.md)), and says so in the error log.";
const unanswered =
  "The listener destroys its request, response or socket and never answers. Node.js closes the client's connection; an " +
  "application behind a web server does not own that connection, so the client is sent an error (500).";
const upgrade =
  "FastCGI, SCGI and CGI carry no upgrade and no tunnel: there is no WebSocket and no CONNECT over them. Let the web server " +
  "pass such requests by `proxy_pass` to an HTTP port of the application.";
const clientsConnection =
  "The test breaks the framing of the client's connection in the middle of a body and expects the parser's error. That " +
  "connection is the web server's: the listener hears 'aborted' and 'close', as for every client that goes, without an error.";

const chunkedGet =
  "A GET with a chunked body. The embedded front end streams it, as nginx does with `fastcgi_request_buffering off`, so that " +
  "there is no CONTENT_LENGTH, and a GET without one passes for a GET without a body.";

const unfinishedUpload =
  "The client leaves its upload unfinished, is answered, and expects the server to close the connection. The answer " +
  "arrives, but the connection is the web server's, which decides by itself how long it waits for the rest.";
const noHttpBehind =
  "What is sent behind a request in the same write is no HTTP. The server of the client's connection ends it with a 400 as " +
  "soon as it sees that, and here has no answer yet to the request before it.";
const expectContinue =
  "The web server answers `Expect: 100-continue` before it asks the application, as nginx does: the application is not asked " +
  "whether the client may go on.";
const fragment =
  "The test sends a request target with a `#`, which RFC 9112 section 3.2 does not have: the embedded front end answers 400. " +
  "nginx takes the path before the `#`, and so does the application behind it.";
const pipelined =
  "The client sends several requests at once and goes. Node.js has called the listener for each by then; a web server asks for " +
  "the second when the first has been answered.";

const emptyAnswer =
  "An answer without a body that says nothing of its length. Node.js sends it without one and closes the connection; " +
  "the gateway knows that it is empty and adds `Content-Length: 0`, the first of the ways that RFC 7231 section 6.3.6 names for a 205.";
const anotherConnection =
  "The test looks at the connection, as the client or the server has it: whether and when it closes, what is sent behind an " +
  "answer, its parser, its timers, its options. The client's connection is the web server's; `req.socket` is made for its request and " +
  "ends with it.";
const framing =
  "The test expects an answer's framing, or the headers that go with it, as Node.js would have chosen them. Framing is the web server's, " +
  "and an answer that is given at once has a `Content-Length`.";
const interimHeaders =
  "The listener sends a 1xx answer before its own. No gateway protocol can carry one: the methods call back and send nothing.";
const connectionTimeout =
  "Fastify's `connectionTimeout` is the time limit of the server's connections, which are the web server's here: nginx has " +
  "`fastcgi_read_timeout` for it.";
const hijacked =
  "A listener that takes the socket and writes HTTP to it by hand speaks to nobody: what goes back is an answer of FastCGI.";
const clientsHeader =
  "The test looks for the header Connection that the client has sent. It speaks of the client's connection, and the embedded " +
  "front end keeps it for itself. nginx passes it on.";
const endless = "That test never ends, and so those behind it in its file do not run.";

/** Of every version of Express. @type {readonly Explanation[]} */
const ofExpress = [
  {
    titles: [
      "express.static() fallthrough when true should fall-through when URL malformed",
      "express.static() fallthrough when false should 400 when URL malformed",
    ],
    reason: refusedTarget,
  },
  {
    titles: [
      "res when accepting html should escape the url",
      "res when accepting html should not render evil javascript links in anchor href (prevent XSS)",
      "res when accepting text should encode the url",
    ],
    reason: refusedHost,
  },
];

/** By suite. @type {Readonly<Record<string, readonly Explanation[]>>} */
export const differences = {
  express: [
    ...ofExpress,
    {
      titles: ["res .status(code) accept valid ranges should set the response status code to 101"],
      reason: interim,
    },
  ],
  koa: [
    {
      titles: [
        "res.status= when 205 should strip content related header fields",
        "res.status= when 205 should strip content related header fields after status set",
      ],
      reason: emptyAnswer,
    },
    {
      titles: [
        "res.writable when continuous requests in one persistent connection should always be writable and respond to all requests",
      ],
      reason:
        "The client sends two requests at once and ends its side before an answer. Node.js has called the listener by then; " +
        "a web server takes the end for the client's going, as nginx does without `fastcgi_ignore_client_abort`.",
    },
    {
      titles: [
        "res.writable when socket closed before response sent should not be writable",
        "res.writable when response finished should not be writable",
      ],
      varies: true,
      reason:
        "The client gives the listener 5 ms and goes. The first request through a gateway that has just been started, " +
        "in the process that also plays the web server, takes longer.",
    },
  ],
  "hono-node-server": [
    {
      titles: [
        "WebSocket should connect with upgradeWebSocket without manual injection",
        "WebSocket should forward response headers set by middleware on a successful upgrade",
        "WebSocket should not block other upgrade listeners",
        "WebSocket should call onError with the underlying error when the raw socket errors",
        "WebSocket should not leak the request when a handshake is aborted by an invalid Sec-WebSocket-Key",
      ],
      reason: upgrade,
    },
    {
      titles: [
        "autoCleanupIncoming: true (default) http Should return 200 response - POST /posts",
        "autoCleanupIncoming: true (default) http Should return 200 response - POST /no-body-consumed",
        "autoCleanupIncoming: true (default) http Should return 200 response - POST /body-cancelled",
        "autoCleanupIncoming: true (default) http Should return 200 response - POST /partially-consumed",
        "autoCleanupIncoming: true (default) http Should return 200 response - POST /partially-consumed-and-cancelled",
        "autoCleanupIncoming: true (default) http Should return 413 response without ECONNRESET - POST /early-413",
      ],
      reason: unfinishedUpload,
    },
    {
      titles: [
        "body reads after client disconnect reads a complete content-length body",
        "body reads after client disconnect reads a complete chunked body",
        "body reads after client disconnect rejects a body read after the raw stream consumed the disconnected body",
        "body reads after client disconnect reads a complete body via formData()",
        "body reads after client disconnect reads a complete body through the raw body stream",
        "body reads after client disconnect reads a complete body even when request properties were accessed after disconnect",
      ],
      reason:
        "The test waits for `request.complete` without reading. Node's parser reads ahead; a body behind the gateway is read " +
        "when the listener asks for it, and so is complete only then.",
    },
    {
      titles: [
        "various response body types GlobalResponse Should return 200 response - GET /readable-stream",
        "various response body types LightweightResponse Should return 200 response - GET /readable-stream",
      ],
      reason:
        "The test expects two chunks, written one directly after the other, to arrive as two. HTTP promises no such thing; " +
        "the gateway sends what is written in one turn of the event loop in one record.",
    },
  ],
  supertest: [{ titles: ["request(app) should handle socket errors"], reason: unanswered }],
  "body-parser": [
    {
      titles: ["bodyParser.json() should handle empty message-body"],
      reason: chunkedGet,
    },
  ],
  morgan: [{ titles: ["morgan() formats dev should not color 1xx"], reason: interim }],
  "serve-static": [
    {
      titles: [
        "serveStatic() fallthrough when true should fall-through when URL malformed",
        "serveStatic() fallthrough when false should 400 when URL malformed",
      ],
      reason: refusedTarget,
    },
  ],
  send: [{ titles: ["send(file).pipe(res) should 400 on NULL bytes"], reason: refusedTarget }],
  router: [
    {
      titles: ["FQDN url should not obscure FQDNs", "FQDN url should strip/restore FQDN req.url"],
      reason: originForm,
    },
    { titles: ["Router .param(name, fn) should 400 on invalid path value"], reason: refusedTarget },
    {
      titles: ["Router .use(...fn) should invoke function for all requests"],
      reason:
        "One of the requests is `OPTIONS *`, which asks about the server and not about an application: it has no path for " +
        "PATH_INFO. The embedded front end and nginx answer 400.",
    },
  ],
  connect: [
    {
      titles: [
        "app.use() should not obscure FQDNs",
        "app.use() with a connect app should adjust FQDN req.url",
        "app.use() with a connect app should adjust FQDN req.url with multiple handlers",
        "app.use() with a connect app should adjust FQDN req.url with multiple routed handlers",
      ],
      reason: originForm,
    },
  ],
  "express-session": [
    {
      titles: [
        'session() cookie option when "path" set to "/foo/bar" should not set cookie for "http://foo/bar" request',
      ],
      reason: refusedHost,
    },
  ],
  "connect-timeout": [
    {
      titles: [
        "timeout() destroy() req should clear timer",
        "timeout() destroy() res should clear timer",
        "timeout() destroy() socket should clear timer",
      ],
      reason: unanswered,
    },
  ],
  "on-finished": [
    {
      titles: [
        "onFinished(res, listener) when response errors should fire with error",
        "onFinished(res, listener) when response errors should include the response object",
        "isFinished(res) when response errors should return true",
        "onFinished(req, listener) when request errors should fire with error",
        "onFinished(req, listener) when request errors should include the request object",
        "onFinished(req, listener) when requests pipelined should handle socket errors",
        "isFinished(req) when request errors should return true",
      ],
      reason: clientsConnection,
    },
    {
      titles: ["onFinished(req, listener) when using keep-alive should fire for each request"],
      reason: chunkedGet,
    },
    {
      titles: [
        "onFinished(req, listener) when CONNECT method should fire when request finishes",
        "onFinished(req, listener) when CONNECT method should fire when called after finish",
        "onFinished(req, listener) when Upgrade request should fire when request finishes",
        "onFinished(req, listener) when Upgrade request should fire when called after finish",
        "isFinished(req) when CONNECT method should be true immediately",
        "isFinished(req) when CONNECT method should be true after request finishes",
        "isFinished(req) when Upgrade request should be true immediately",
        "isFinished(req) when Upgrade request should be true after request finishes",
      ],
      reason: upgrade,
    },
  ],
  "koa-static": [
    {
      titles: [
        "serve(root) when defer: true it should not handle the request when status=204",
        'serve(root) when defer: true it should not handle the request when body=""',
      ],
      reason: refusedTarget,
    },
  ],
  fastify: [
    {
      titles: ["Should throw an error", "customErrorHandler should not call handler for in-stream error"],
      reason: unanswered,
    },
    {
      titles: [
        "onTimeout should be triggered",
        "onTimeout should be triggered and socket _meta is set",
        "onTimeout on route",
      ],
      reason: connectionTimeout,
    },
    {
      titles: ["sends early hints"],
      reason:
        "Early hints are a 1xx answer, and no gateway protocol can carry one: `writeEarlyHints()` calls back and sends nothing.",
    },
    {
      titles: ["default clientError replies with bad request on reused keep-alive connection"],
      reason: noHttpBehind,
    },
    {
      titles: [
        "Hijacking inside onRequest skips all the following hooks and handler execution Sending a response using req.socket => onResponse not called",
        "Hijacking inside onRequest skips all the following hooks and handler execution Throwing an error does not trigger any hooks",
        "Hijacking inside onRequest skips all the following hooks and handler execution Calling reply.send() after hijacking logs a warning",
        "Hijacking inside preParsing skips all the following hooks and handler execution Sending a response using reply.raw => onResponse hook is called",
        "Hijacking inside preParsing skips all the following hooks and handler execution Sending a response using req.socket => onResponse not called",
        "Hijacking inside preParsing skips all the following hooks and handler execution Throwing an error does not trigger any hooks",
        "Hijacking inside preParsing skips all the following hooks and handler execution Calling reply.send() after hijacking logs a warning",
        "Hijacking inside preValidation skips all the following hooks and handler execution Sending a response using reply.raw => onResponse hook is called",
        "Hijacking inside preValidation skips all the following hooks and handler execution Sending a response using req.socket => onResponse not called",
        "Hijacking inside preValidation skips all the following hooks and handler execution Throwing an error does not trigger any hooks",
        "Hijacking inside preValidation skips all the following hooks and handler execution Calling reply.send() after hijacking logs a warning",
        "Hijacking inside preHandler skips all the following hooks and handler execution Sending a response using reply.raw => onResponse hook is called",
        "Hijacking inside preHandler skips all the following hooks and handler execution Sending a response using req.socket => onResponse not called",
        "Hijacking inside preHandler skips all the following hooks and handler execution Throwing an error does not trigger any hooks",
        "Hijacking inside preHandler skips all the following hooks and handler execution Calling reply.send() after hijacking logs a warning",
        "Hijacking inside handler skips all the following hooks and handler execution Sending a response using reply.raw => onResponse hook is called",
        "Hijacking inside handler skips all the following hooks and handler execution Sending a response using req.socket => onResponse not called",
        "Hijacking inside handler skips all the following hooks and handler execution Throwing an error does not trigger any hooks",
        "Hijacking inside handler skips all the following hooks and handler execution Calling reply.send() after hijacking logs a warning",
      ],
      reason: hijacked + " " + endless + " Writing to `reply.raw` by hand works.",
    },
    {
      titles: ["client disconnect aborts lazily created signal (no handlerTimeout)"],
      varies: true,
      reason: "The test gives a client's going 100 ms to be heard of, which a busy machine may not keep.",
    },
  ],
  hapi: [
    {
      titles: [
        "Core/_stop() waits to destroy handled connections until after the timeout",
        "Core/_stop() finishes in-progress requests and ends connection",
        "Core/_stop() emits a closing event before the close event when there is an active request being processed",
      ],
      reason:
        "`server.stop()` closes those connections of hapi's listener that have no request, by a mark on `req.socket`. The connections are the web server's, and `req.socket` is another: stop the gateway, which waits for its requests.",
    },
    {
      titles: [
        "Core/_stop() does not close longpoll HTTPS requests before response (if within timeout)",
        "Core/_dispatch() doesn't setup listeners for cleanStop when socket is missing",
        "Core/_dispatch() rejects request due to high rss load",
        "Core/load rejects request due to high rss load",
      ],
      varies: true,
      reason: "A request that one of the tests above leaves behind fails while this one runs.",
    },
    {
      titles: ["Core/load measures loop delay"],
      varies: true,
      reason: "The test gives the event loop 7 ms, which a busy machine may not keep.",
    },
    {
      titles: [
        "Payload does not continue on errors before payload processing",
        "Payload handles expect 100-continue on undefined routes",
        "Payload does not continue on custom request.payload",
      ],
      reason: expectContinue,
    },
    {
      titles: ["Request sets client address to nothing when not available"],
      reason: "The client's address is REMOTE_ADDR, and known when the client has gone too.",
    },
    {
      titles: [
        "Request/_execute() handles aborted requests (during response)",
        "Request/_execute() handles aborted requests (before response)",
      ],
      reason: pipelined,
    },
    {
      titles: [
        "Request/setUrl() handles fragments (no query)",
        "Request/setUrl() handles fragments (with query)",
        "Request/setUrl() handles fragments with ? (no query)",
        "Request/setUrl() handles absolute URL (proxy)",
      ],
      reason: fragment,
    },
    {
      titles: [
        "Request/timeout returns normal response when parser fails with bad method after request is setup",
        "Request/timeout returns nothing when parser fails with bad method after request is setup and the connection is closed",
      ],
      reason: noHttpBehind,
    },
    {
      titles: ["Request/timeout returns a bad request for POST request when chunked parsing fails"],
      reason: clientsConnection,
    },
    {
      titles: ["Request/timeout handles race condition between equal client and server timeouts"],
      reason: unfinishedUpload,
    },
  ],
  restify: [
    {
      titles: ["body reader should not add a listener for each call on same socket"],
      reason:
        "The test compares the sockets of two requests on one connection. `req.socket` is made for its request and ends with it.",
    },
    {
      titles: [
        "all other plugins full response full response",
        "userAgent pre-route handler sets proper headers for HEAD requests from curl",
      ],
      reason:
        "The test looks for the header Connection that the listener has set. It speaks of the client's connection, and is the web server's.",
    },
    {
      titles: [
        "static resource plugin static does not leak the file stream and next() is properly called when the client disconnects before receiving a reply",
        "static resource plugin static does not open a file stream and next() is properly called when the client disconnects immediately after sending a request",
      ],
      reason: refusedHost.replace("http://example.com", "127.0.0.1:undefined"),
    },
  ],
  "fastify-static": [
    {
      titles: ["dir list html format - extended info dirs", "dirs"],
      varies: true,
      reason:
        "The test does not wait for the one inside it, which needs a little longer through the gateway.",
    },
  ],
  "fastify-multipart": [
    {
      titles: ["should group parts with the same name to an array"],
      reason:
        "The test counts what has been parsed at each part, and that depends on how the octets of the upload are cut into chunks.",
    },
    {
      titles: ["should finish with error on partial upload - files api"],
      varies: true,
      reason:
        "The client gives the handler 100 ms and goes, which the first request through a gateway that has just been started may take.",
    },
    {
      titles: [
        "should store file on disk, remove on response error",
        "should return saved files and values from saveRequestFiles",
        "should return values when saveRequestFiles receives only fields",
        "should throw on file limit error",
        "should throw on file save error",
        "should not throw on request files cleanup error",
        "should throw on file limit error, after highWaterMark",
        "should store file on disk, remove on response error, serial",
        "should process large files correctly",
        "should store file on disk, remove on response (2)",
      ],
      varies: true,
      reason:
        "The first test of the file begins to wait for the hook `onResponse` when the client has had all of the answer. Through the gateway the client has it later, and the hook has run by then: the test never ends, and those behind it do not run.",
    },
  ],
  "express-fileupload": [
    {
      titles: [
        "multipartUploads: Test Single File Upload w/ useTempFiles option. fail when using HEAD",
        "multipartUploads: Test Single File Upload fail when using HEAD",
        "multipartUploads: Test Single File Upload w/ .mv() Promise fail when using HEAD",
        "multipartUploads: Test Single File Upload w/ .mv() Promise & useTempFiles fail when using HEAD",
      ],
      varies: true,
      reason: unfinishedUpload,
    },
  ],
  "http-proxy": [
    {
      titles: [
        '#createProxyServer.web() using own http server should skip proxyReq event when handling a request with header "expect: 100-continue" [https://www.npmjs.com/advisories/1486]',
      ],
      reason:
        "The proxy behaves otherwise where it sees `Expect`. The web server has answered that header by itself, and the embedded front end does not pass it on.",
    },
    {
      titles: [
        "lib/http-proxy.js #createProxyServer setting the correct timeout value should hang up the socket at the timeout",
      ],
      reason: "The test has 30 ms for a socket to be hung up. " + unanswered,
    },
    {
      titles: [
        "should proxy the websockets stream",
        "should emit error on proxy error",
        "should close client socket if upstream is closed before upgrade",
        "should emit open and close events when socket.io client connects and disconnects",
        "should pass all set-cookie headers to client",
        "should detect a proxyReq event and modify headers",
        "should forward frames with single frame payload (including on node 4.x)",
        "should forward continuation frames with big payload (including on node 4.x)",
      ].map((title) => `lib/http-proxy.js #createProxyServer using the ws-incoming passes ${title}`),
      reason: upgrade,
    },
  ],
  express4: ofExpress,
  koa2: [
    {
      titles: [
        "res.status= when 205 should strip content related header fields",
        "res.status= when 205 should strip content related header fields after status set",
      ],
      reason: emptyAnswer,
    },
  ],
  "fastify-express": [
    {
      titles: [
        "POST request without form body works",
        "POST request with form body and without body-parser works",
      ],
      varies: true,
      reason:
        "The client gives the first request 100 ms, which it may take through a gateway that has just been started.",
    },
  ],
  fastify4: [
    {
      titles: ["test/url-rewriting.test.js Should throw an error"],
      reason: unanswered,
    },
    {
      titles: [
        "test/hooks.test.js onTimeout should be triggered",
        "test/hooks.test.js onTimeout should be triggered and socket _meta is set",
        "test/hooks.test.js registering invalid hooks should throw an error",
        "test/hooks.test.js onRequestAbort should be triggered",
        "test/hooks.test.js onRequestAbort should support encapsulation",
        "test/hooks.test.js onRequestAbort should handle errors / 1",
        "test/hooks.test.js onRequestAbort should handle errors / 2",
        "test/hooks.test.js onRequestAbort should handle async errors / 1",
        "test/hooks.test.js onRequestAbort should handle async errors / 2",
        "test/hooks.test.js",
        "test/route-hooks.test.js onTimeout on route",
        "test/route-hooks.test.js onError on route",
        "test/route-hooks.test.js",
      ],
      reason: connectionTimeout + " " + endless,
    },
    {
      titles: [
        "test/request-error.test.js default clientError replies with bad request on reused keep-alive connection",
      ],
      reason: noHttpBehind,
    },
    {
      titles: [
        "test/unsupported-httpversion.test.js Will return 505 HTTP error if HTTP version (2.0 when server is 1.1) is not supported",
      ],
      reason:
        "The client speaks of HTTP/2.0 in a request of HTTP/1.1. What the client spoke is SERVER_PROTOCOL; `req.httpVersion` is 1.1.",
    },
    {
      titles: [
        "test/skip-reply-send.test.js Hijacking inside onRequest skips all the following hooks and handler execution",
        "test/skip-reply-send.test.js Hijacking inside preParsing skips all the following hooks and handler execution",
        "test/skip-reply-send.test.js Hijacking inside preValidation skips all the following hooks and handler execution",
        "test/skip-reply-send.test.js Hijacking inside preHandler skips all the following hooks and handler execution",
        "test/skip-reply-send.test.js Hijacking inside handler skips all the following hooks and handler execution",
        "test/skip-reply-send.test.js",
      ],
      reason: hijacked + " " + endless,
    },
  ],
  "fastify-reply-from": [
    {
      titles: [
        "use a custom instance of 'undici' custom Pool",
        "use a custom instance of 'undici' custom Client",
        "use a custom instance of 'undici'",
        "use a custom instance of 'undici' disableRequestLogging is set to true",
        "use a custom instance of 'undici' disableRequestLogging is set to false",
        "use a custom instance of 'undici' disableRequestLogging is not defined",
        "use a custom instance of 'undici' (2)",
        "undici request with path in base",
        "undici",
      ],
      reason: clientsHeader,
    },
    {
      titles: [
        "Will retry",
        "custom retry delay function inspects the err paramater",
        "we can exceed our retryCount and introspect attempts independently",
        "Will retry (2)",
      ],
      reason: unanswered,
    },
    {
      titles: [
        "use undici ProxyAgent to connect through proxy - configured via string",
        "use undici ProxyAgent to connect through proxy - configured via url instance",
        "use undici ProxyAgent to connect through proxy - configured via object",
      ],
      reason: upgrade,
    },
    {
      titles: [
        "closes the downstream connection when undici responds before the request is complete",
        "closes the downstream connection when node:http responds before the request is complete",
      ],
      reason: unfinishedUpload,
    },
  ],
  "koa-router": [
    {
      titles: [
        "Layer Layer#match() return original path parameters when decodeURIComponent throw error",
        "Layer Layer#match() return original ctx.captures when decodeURIComponent throw error",
      ],
      reason: refusedTarget,
    },
  ],
  h3: [
    { titles: ["app Node.js Readable Stream", "app Web Stream"], reason: framing },
    {
      titles: [
        "Server Sent Events (SSE) streams events",
        "Server Sent Events (SSE) streams events with metadata",
      ],
      varies: true,
      reason:
        "The client counts what comes in its first 100 ms, of which a gateway that has just been started takes some.",
    },
  ],
  "http-proxy-middleware": [
    {
      titles: [
        "E2E Hono http-proxy-middleware in actual Hono server basic setup, requests to target should handle connection reset",
        "E2E http-proxy-middleware http-proxy-middleware in actual server basic setup with configured body-parser should detect bodyParser usage leading to ECONNRESET error",
        "E2E http-proxy-middleware http-proxy-middleware in actual server default httpProxy on error handling should handle ECONNRESET errors from the target server",
        "E2E http-proxy-middleware http-proxy-middleware in actual server default httpProxy on error handling should handle closed connections from the target server",
      ],
      reason: unanswered,
    },
    {
      titles: [
        "option.ws should proxy to path",
        "option.ws should forward websocket upgrade to /ws-path without duplicating the mounted path",
        "option.ws should proxy websocket upgrades for two mounted paths with separate targets",
        'option.ws with external server "upgrade" should proxy to path',
        "option.ws across multiple servers should proxy websocket upgrades on every attached server",
        "with router and pathRewrite should proxy to path",
        "ws enabled without server object (issue #143) should still work when server is available",
      ].map((title) => `E2E WebSocket proxy ${title}`),
      reason: upgrade,
    },
  ],
  "node-fetch": [
    {
      titles: [
        "node-fetch should support redirect mode, manual flag, broken Location header",
        "node-fetch should handle chunked response with more than 1 chunk in the final packet",
      ],
      reason: hijacked,
    },
    {
      titles: [
        "node-fetch should handle network-error response",
        "node-fetch AbortController (polyfill) should remove internal AbortSignal event listener after request and response complete without aborting",
      ],
      reason: unanswered,
    },
    {
      titles: ["node-fetch should handle response with no status text"],
      reason: "A status of start_response has a reason: the usual one, where the listener gives none.",
    },
    {
      titles: [
        "node-fetch should send request with connection keep-alive if agent is provided",
        "node-fetch should allow a function supplying the agent",
      ],
      reason: clientsHeader,
    },
    {
      titles: ["node-fetch should handle chunked response with final chunk and EOM in separate packets (2)"],
      varies: true,
      reason: "The test fails on Node's own http as well, there twice.",
    },
  ],
  "serve-handler": [{ titles: ["error for request with malformed URI"], reason: refusedTarget }],
  node: [
    {
      titles: nodeTests(
        "agent-domain-reused-gc",
        "agent-keepalive",
        "chunked-304",
        "client-spurious-aborted",
        "generic-streams",
        "keep-alive-close-on-header",
        "keep-alive-max-requests",
        "keep-alive-timeout-custom",
        "keepalive-client",
        "keepalive-request",
        "no-read-no-dump",
        "nodelay",
        "outgoing-end-cork",
        "parser-memory-retention",
        "pipeline-requests-connection-leak",
        "remove-connection-header-persists-connection",
        "req-close-robust-from-tampering",
        "response-cork",
        "server-close-all",
        "server-close-idle",
        "server-connection-list-when-close",
        "server-delete-parser",
        "server-keepalive-end",
        "server-unconsume-consume",
        "server-unconsume",
        "set-timeout-server",
        "set-timeout",
      ),
      reason: anotherConnection,
    },
    {
      titles: nodeTests(
        "after-connect",
        "connect-req-res",
        "connect",
        "parser-freed-before-upgrade",
        "pipeline-socket-parser-typeerror",
        "server-request-timeout-upgrade",
        "upgrade-advertise",
        "upgrade-client2",
        "upgrade-reconsume-stream",
        "upgrade-server",
        "upgrade-server2",
      ),
      reason: upgrade,
    },
    {
      titles: nodeTests(
        "1.0",
        "content-length",
        "max-headers-count",
        "mutable-headers",
        "outgoing-properties",
        "remove-header-stays-removed",
      ),
      reason: framing,
    },
    {
      titles: nodeTests("raw-headers", "set-trailers"),
      reason: "CGI has no trailers, and its variables do not tell how a client spells the names of headers.",
    },
    {
      titles: nodeTests("early-hints", "information-headers", "information-processing"),
      reason: interimHeaders,
    },
    { titles: nodeTests("expect-continue", "expect-handling", "write-callbacks"), reason: expectContinue },
    {
      titles: nodeTests(
        "destroyed-socket-write2",
        "outgoing-destroyed",
        "response-close",
        "server-capture-rejections",
        "server-incomingmessage-destroy",
      ),
      reason: unanswered,
    },
    {
      titles: nodeTests("exceptions"),
      reason:
        "A listener that throws is answered 500, with a line in the log. Node.js has the process hear of it, and end.",
    },
    {
      titles: nodeTests("blank-header", "header-badrequest"),
      reason: noHttpBehind,
    },
    {
      titles: nodeTests(
        "chunk-extensions-limit",
        "chunked-smuggling",
        "header-owstext",
        "host-header-ipv6-fail",
        "insecure-parser-per-stream",
        "insecure-parser",
        "max-header-size-per-stream",
        "transfer-encoding-repeated-chunked",
      ),
      reason:
        "The test looks at how strict the server's parser is, or at the error that it answers with: the web server's. The embedded front " +
        "end refuses a header with a TAB and a Host that is none.",
    },
    {
      titles: nodeTests("request-join-authorization-headers", "server-multiheaders", "server-multiheaders2"),
      reason:
        "The client sends a header twice that may come once, such as Host, Authorization or Content-Type. Node.js takes the first; " +
        "the embedded front end answers 400, since whoever checks one of them does not know which the application takes.",
    },
    {
      titles: nodeTests("response-multi-content-length"),
      reason: "The listener sets Content-Length twice. Node.js sends both; the gateway answers 500.",
    },
    {
      titles: nodeTests("response-multiheaders"),
      reason:
        "One of the headers that the test sends in an answer is Proxy-Authorization, which is left out: it speaks of a connection.",
    },
    {
      titles: nodeTests("perf_hooks"),
      reason: "The test counts what node:http measures, and here a request passes two servers of node:http.",
    },
    {
      titles: nodeTests("writable-true-after-close"),
      varies: true,
      reason: "The client goes when the answer is on its way; the gateway hears of it a little later.",
    },
  ],
};

/** The files that such tests are in. */
function nodeTests(...names) {
  return names.map((name) => `test/parallel/test-http-${name}.js`);
}
