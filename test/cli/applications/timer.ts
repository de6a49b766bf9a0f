import type { Application } from "tsgi";

// Keeps the process alive by itself: a stopped server must end all the same.
setInterval(() => {}, 1_000);

const released = new Promise<void>((resolve) => process.once("SIGUSR2", () => resolve()));

export const application: Application = async (environ, startResponse) => {
  environ["wsgi.errors"].write(`began ${environ.PATH_INFO}\n`);
  if (environ.PATH_INFO === "/held") await released;
  startResponse("200 OK", []);
  return [new TextEncoder().encode("done")];
};
