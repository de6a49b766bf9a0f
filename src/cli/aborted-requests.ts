/** Requests whose client has gone, and that the application does not wait for. @module */

/**
 * A client that goes away must not end the server: what the gateway tells an application of it (`wsgi.input`,
 * `tsgi.signal`, a cancelled stream) ends up in promises, and frameworks leave some of them alone. Every other rejection
 * that nobody handles is left to Node.js, or to the application's own listener.
 */
export function ignoreAbortedRequests(): void {
  const onRejection = (reason: unknown): void => {
    if (isAbort(reason) || process.listenerCount("unhandledRejection") > 1) return;
    throw reason;
  };
  // Where Node.js was told what to do with them, a listener would overrule it.
  const words = [...process.execArgv, process.env["NODE_OPTIONS"] ?? ""].join(" ");
  if (!words.includes("--unhandled-rejections")) process.on("unhandledRejection", onRejection);
}

/** By its code: an application may bring a copy of this package of its own. */
function isAbort(reason: unknown): boolean {
  return reason instanceof Error && "code" in reason && reason.code === "ERR_REQUEST_ABORTED";
}
