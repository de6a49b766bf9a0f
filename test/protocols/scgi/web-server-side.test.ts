/** The web server's side of SCGI: what it sends, what it refuses to send, what it makes of an answer. */
import { describe, expect, it } from "vitest";
import type { ClientSendEvent } from "../../../src/protocols/gateway-client-core.ts";
import { ScgiWebServerSide } from "../../../src/protocols/scgi/index.ts";
import { headers, latin1, netstring } from "../../support/scgi-wire.ts";
import { run, takeAll } from "../drive.ts";

type Params = ReadonlyArray<readonly [string, string]>;

const get = (params: Params = [["REQUEST_METHOD", "GET"]]): ClientSendEvent => ({
  type: "request",
  id: 1,
  role: "responder",
  keepConnection: false,
  params,
});
const body = (text: string): ClientSendEvent => ({ type: "body", id: 1, octets: latin1(text) });
const bodyEnd: ClientSendEvent = { type: "body-end", id: 1 };

function sent(...events: readonly ClientSendEvent[]): string {
  const core = new ScgiWebServerSide();
  for (const event of events) core.send(event);
  return takeAll(core).toString("latin1");
}

describe("an SCGI request that is sent", () => {
  it("has CONTENT_LENGTH first and SCGI second, whatever order and values they were given", () => {
    const params: Params = [
      ["A", "b"],
      ["SCGI", "2"],
      ["CONTENT_LENGTH", "4"],
    ];
    const expected = headers([
      ["CONTENT_LENGTH", "4"],
      ["SCGI", "1"],
      ["A", "b"],
    ]);
    expect(sent(get(params), body("bo"), body("dy"), bodyEnd)).toBe(
      `${netstring(expected).toString("latin1")}body`,
    );
  });

  it.each<[Params]>([[[]], [[["CONTENT_LENGTH", ""]]]])("without a length has none: %j", (params) => {
    expect(sent(get(params), bodyEnd)).toBe("24:CONTENT_LENGTH\x000\0SCGI\x001\0,");
  });

  it("of any size goes through blocks", () => {
    const text = "0123456789".repeat(20_000);
    expect(sent(get([["CONTENT_LENGTH", "200000"]]), body(text), bodyEnd).endsWith(`,${text}`)).toBe(true);
  });

  it.each<[string, string, readonly ClientSendEvent[]]>([
    ["a second request", "ERR_LOCAL_STATE", [get(), get()]],
    ["another role", "ERR_LOCAL_STATE", [{ ...get(), role: "filter" } as ClientSendEvent]],
    ["a body before the request", "ERR_LOCAL_STATE", [body("x")]],
    ["a body without CONTENT_LENGTH", "ERR_LOCAL_STATE", [get(), body("x")]],
    ["a body beyond CONTENT_LENGTH", "ERR_LOCAL_STATE", [get([["CONTENT_LENGTH", "2"]]), body("xyz")]],
    ["a body that ends early", "ERR_LOCAL_STATE", [get([["CONTENT_LENGTH", "2"]]), body("x"), bodyEnd]],
    ["a body after its end", "ERR_LOCAL_STATE", [get(), bodyEnd, bodyEnd]],
    ["abort", "ERR_LOCAL_STATE", [get(), { type: "abort", id: 1 }]],
    ["data", "ERR_LOCAL_STATE", [get(), { type: "data", id: 1, octets: latin1("x") }]],
    ["get-values", "ERR_LOCAL_STATE", [{ type: "get-values", names: [] }]],
    ["a length that is none", "ERR_LOCAL_VALUE", [get([["CONTENT_LENGTH", "-1"]])]],
    ["an empty name", "ERR_LOCAL_VALUE", [get([["", "x"]])]],
    ["a NUL in a name", "ERR_LOCAL_VALUE", [get([["A\0B", "x"]])]],
    ["a NUL in a value", "ERR_LOCAL_VALUE", [get([["A", "x\0SCGI"]])]],
    ["text that is no native string", "ERR_LOCAL_VALUE", [get([["A", "\u20ac"]])]],
  ])("%s is refused, and nothing of it sent", (_, code, events) => {
    const core = new ScgiWebServerSide();
    for (const event of events.slice(0, -1)) core.send(event);
    const before = core.pendingOctets;
    expect(() => core.send(events.at(-1)!)).toThrow(expect.objectContaining({ code }));
    expect(core.pendingOctets).toBe(before);
  });
});

describe("an SCGI answer that is received", () => {
  it("is all octets until the application closes", () => {
    const core = new ScgiWebServerSide();
    core.send(get());
    const chunks = [latin1("Status: 200 OK\r\n\r\n"), latin1("hello")];
    expect(run(core, { chunks, end: true })).toEqual([
      'output 1 "Status: 200 OK\\r\\n\\r\\nhello"',
      "end 1 app=0 status=0",
    ]);
  });

  it("ends once, however often it is asked", () => {
    const core = new ScgiWebServerSide();
    core.send(get());
    core.receiveEnd();
    expect(core.nextEvent()?.type).toBe("end");
    expect(core.nextEvent()).toBeUndefined();
  });

  it("before any request is an error", () => {
    expect(run(new ScgiWebServerSide(), { chunks: [latin1("x")] })).toEqual(["throws ERR_SCGI_UNEXPECTED"]);
    expect(run(new ScgiWebServerSide(), { chunks: [], end: true })).toEqual([]);
  });
});
