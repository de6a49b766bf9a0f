/**
 * The parameters of one request as they came: one block of octets and where each name and value stands in it.
 *
 * Every protocol core ends its decoding here. Octets stay octets: the bridge turns each into a string, once, and
 * is the only place that knows what a name means. Names may repeat and come in any order.
 * @module
 */
export interface ParamsBlock {
  /** The octets that the spans point into. Valid until the core's next `receive`. */
  readonly octets: Uint8Array;
  /** Four offsets into `octets` for each pair: name start, name end, value start, value end. */
  readonly spans: readonly number[];
}
