import { describe, expect, it } from "vitest";
import { downlinkChannels, parseTopic, topics, uplinkChannels } from "./topics.ts";

const eid = "0123456789abcdef0123456789abcdef";

describe("topics", () => {
  it("are read as they are written", () => {
    expect(parseTopic(topics.records("a-1"))).toEqual({ channel: "rec", gw: "a-1" });
    expect(parseTopic(topics.receipt("a-1"))).toEqual({ channel: "receipt", gw: "a-1" });
    expect(parseTopic(topics.gone("a-1"))).toEqual({ channel: "gone", gw: "a-1" });
    expect(parseTopic(topics.keys("a-1"))).toEqual({ channel: "keys", gw: "a-1" });
    expect(parseTopic(topics.command("a-1"))).toEqual({ channel: "cmd", gw: "a-1" });
    expect(parseTopic(topics.state("a-1", eid))).toEqual({ channel: "state", gw: "a-1", eid });
    expect(parseTopic(topics.ack("a-1"))).toEqual({ channel: "ack", gw: "a-1" });
    expect(parseTopic(topics.bundle("a-1", "f00"))).toEqual({ channel: "bundle", gw: "a-1", command: "f00" });
    expect(parseTopic(topics.live("a-1", "scale.3"))).toEqual({ channel: "live", gw: "a-1", device: "scale.3" });
  });

  it.each([
    "",
    "mc/v1",
    "mc/v1/a",
    "mc/v2/a/rec",
    "mc/v1/A/rec",
    "mc/v1/-a/rec",
    "mc/v1/+/rec",
    "mc/v1/#",
    "mc/v1/a/rec/",
    "mc/v1/a/rec/more",
    "mc/v1/a/other",
    "mc/v1/a/state",
    "mc/v1/a/state/short",
    `mc/v1/a/state/${eid}/x`,
    "mc/v1/a/live",
    "mc/v1/a/ack/1",
    "mc/v1/a/bundle",
    "mc/v1/a/bundle/..",
    "mc/v1/a/live/",
    "/mc/v1/a/rec",
    "$SYS/broker",
  ])("refuse %j", (topic) => {
    expect(parseTopic(topic)).toBeUndefined();
  });

  it("go one way each", () => {
    expect(uplinkChannels.filter((channel) => downlinkChannels.includes(channel))).toEqual([]);
    expect([...uplinkChannels, ...downlinkChannels].sort()).toEqual(
      ["ack", "bundle", "cmd", "gone", "keys", "live", "media", "rec", "receipt", "state"].sort(),
    );
  });
});
