/**
 * Takes an upload of any size: each chunk is hashed as it arrives and then forgotten.
 * @module
 */
import { createHash } from "node:crypto";
import type { Application } from "tsgi";

/** What the page is told of its upload, as JSON. */
export interface UploadReport {
  readonly octets: number;
  readonly sha256: string;
  /** From the first octet that the application read to the last. */
  readonly seconds: number;
  readonly octetsPerSecond: number;
}

export const receiveUpload: Application = async (environ, startResponse) => {
  const hash = createHash("sha256");
  let octets = 0;
  const begun = performance.now();
  for await (const chunk of environ["wsgi.input"].chunks()) {
    hash.update(chunk);
    octets += chunk.length;
  }
  const seconds = Math.max((performance.now() - begun) / 1000, 1e-6);
  const report: UploadReport = {
    octets,
    sha256: hash.digest("hex"),
    seconds,
    octetsPerSecond: octets / seconds,
  };
  startResponse("200 OK", [
    ["Content-Type", "application/json"],
    ["Cache-Control", "no-store"],
  ]);
  return [Buffer.from(`${JSON.stringify(report)}\n`)];
};
