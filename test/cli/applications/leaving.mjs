/** Leaves promises alone that reject when the client goes, as frameworks do, and one that is an error of its own. */
export default {
  fetch(request) {
    if (request.url.endsWith("/error")) void Promise.reject(new RangeError("nobody looks at this"));
    if (!request.url.endsWith("/stream")) return new Response("here");
    const { readable, writable } = new TransformStream();
    const writer = writable.getWriter();
    const timer = setInterval(() => void writer.write(new Uint8Array(1000)), 1);
    writer.closed.catch(() => {
      clearInterval(timer);
      console.log("the client has gone");
    });
    return new Response(readable);
  },
};
