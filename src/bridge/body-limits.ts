/**
 * What may be declared of a body, and the error for one that is larger than `maxBodyOctets` (413).
 * @module
 */
import { LimitExceededError } from "../errors/index.ts";

/**
 * The error for a body past the limit.
 * @param actualOctets - its CONTENT_LENGTH, or what had come when it was refused
 * @param isDeclared - whether CONTENT_LENGTH said so beforehand
 */
export function bodyTooLarge(
  actualOctets: number,
  maxBodyOctets: number,
  isDeclared: boolean,
): LimitExceededError {
  const what = isDeclared
    ? `of ${actualOctets} octets`
    : `without a CONTENT_LENGTH, ${actualOctets} octets so far,`;
  return new LimitExceededError(
    "ERR_LIMIT_BODY",
    "maxBodyOctets",
    maxBodyOctets,
    actualOctets,
    `a request body ${what} is larger than maxBodyOctets allows (${maxBodyOctets})`,
  );
}

/** FCGI_DATA_LENGTH of a Filter (FastCGI 1.0 section 6.4) in octets; one that is no number is as good as none. */
export function dataLength(value: unknown): number | undefined {
  return typeof value === "string" && /^\d{1,15}$/.test(value) ? Number(value) : undefined;
}
