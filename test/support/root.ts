/**
 * Tests of what only root may do. Elsewhere they are left out, visibly; under CI they fail and say why.
 * @module
 */
import { beforeAll, describe } from "vitest";

const isRoot = process.getuid?.() === 0;

/** `describe` for tests that need root. */
export function describeAsRoot(name: string, define: () => void): void {
  describe.skipIf(!isRoot && process.env["CI"] === undefined)(name, () => {
    beforeAll(() => {
      if (!isRoot)
        throw new Error(`"${name}" changes users and owners: run the tests as root, as in a container`);
    });
    define();
  });
}

/** A user that every system has, and that owns nothing. */
export const nobody = { uid: 65_534, gid: 65_534 } as const;
