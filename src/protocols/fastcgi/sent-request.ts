/**
 * What the web server's side remembers of a request between its BEGIN_REQUEST and its END_REQUEST.
 * @module
 */
import type { GatewayRole } from "../gateway-core.ts";

export class SentRequest {
  readonly role: GatewayRole;
  bodyEnded = false;
  dataEnded = false;
  aborted = false;
  outputEnded = false;
  errorsEnded = false;

  constructor(role: GatewayRole) {
    this.role = role;
  }
}
