/**
 * Takes a file of any size into a directory, chunk by chunk: tsgi serve examples/upload.ts --fastcgi unix:/tmp/upload.sock
 * and then: curl -T FILE http://127.0.0.1:8080/
 * @module
 */
import { createHash, randomUUID } from "node:crypto";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Application } from "tsgi";

const directory = process.env["UPLOADS"] ?? join(tmpdir(), "tsgi-uploads");

export const application: Application = async (environ, startResponse) => {
  if (environ.REQUEST_METHOD !== "PUT" && environ.REQUEST_METHOD !== "POST") {
    startResponse("405 Method Not Allowed", [
      ["Content-Type", "text/plain; charset=utf-8"],
      ["Allow", "PUT, POST"],
    ]);
    return [Buffer.from("Send a file: curl -T FILE URL\n")];
  }
  await mkdir(directory, { recursive: true, mode: 0o700 });
  // A name of our own: that of the client could lead anywhere.
  const name = randomUUID();
  const path = join(directory, name);
  const hash = createHash("sha256");
  let octets = 0;
  const file = await open(`${path}.part`, "wx", 0o600);
  try {
    // Reads no faster than it writes, and throws when the client breaks off.
    for await (const chunk of environ["wsgi.input"].chunks()) {
      hash.update(chunk);
      octets += chunk.length;
      await file.writeFile(chunk);
    }
    await file.close();
    await rename(`${path}.part`, path);
  } catch (error) {
    await file.close();
    await rm(`${path}.part`, { force: true });
    throw error;
  }
  startResponse("201 Created", [["Content-Type", "application/json"]]);
  return [Buffer.from(`${JSON.stringify({ name, octets, sha256: hash.digest("hex") })}\n`)];
};
