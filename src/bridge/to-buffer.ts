/**
 * Octets as a Buffer, whatever they came as: its search and latin-1 decoding are what the bridge reads octets with.
 * @module
 */

/** The same octets, not a copy: what came from a socket is a Buffer already. */
export function toBuffer(octets: Uint8Array): Buffer {
  return Buffer.isBuffer(octets) ? octets : Buffer.from(octets.buffer, octets.byteOffset, octets.length);
}
