import { concat } from "@mingcheng/protocols";
import { deviceCodecOf } from "@mingcheng/protocols/devices";
import { describe, expect, it } from "vitest";
import { drivers } from "../src/drivers/index.ts";

/** What a request may mean. Everything else (zero, tare, erase, set, write) is nobody's to send by itself. */
const harmless = [
  "weight",
  "stable-weight",
  "gross-weight",
  "net-weight",
  "weigh",
  "enquiry",
  "confirm",
  "end",
  "status",
  "read-registers",
  "read-sale",
  "read-plu",
];

const meaningsOf = (protocol: string, request: Uint8Array): string[] => {
  const decoder = deviceCodecOf(protocol).createDecoder();
  return [...decoder.push(request), ...decoder.end()].map((event) => {
    if (event.event === "control") return event.control === "EOT" ? "end" : event.control;
    return event.event === "request" ? event.meaning : event.event;
  });
};

const asking = drivers.flatMap(({ protocol, deviceClass, requests = [] }) =>
  requests.length === 0 || deviceClass !== "scale" ? [] : [[protocol, requests] as const],
);

describe("what drivers may send to scales", () => {
  it.each(asking)("%s reads and does nothing else", (protocol, requests) => {
    for (const request of requests) {
      const meanings = meaningsOf(protocol, request);
      expect(meanings.length).toBeGreaterThan(0);
      expect(meanings.filter((meaning) => !harmless.includes(meaning))).toEqual([]);
    }
  });

  it("would notice a request that zeroes or tares", () => {
    const zero = Uint8Array.of(0x5a);
    expect(meaningsOf("toledo-8217", zero)).toEqual(["zero"]);
    expect(meaningsOf("nci", concat(zero, Uint8Array.of(0x0d)))).toEqual(["zero"]);
    expect(harmless).not.toContain("zero");
  });
});
