import type { PlaceView } from "@mingcheng/protocols";
import { describe, expect, it } from "vitest";
import { cameraFor } from "./cameras.ts";

const place = (site: string, stall: string | null): PlaceView => ({
  ...{ site: { code: site, name: site }, area: null, areas: [], vendor: null },
  stall: stall === null ? null : { code: `${site}-${stall}`, label: stall },
});
const camera = (channel: string, at: PlaceView | null) => ({
  gw: "g",
  channel,
  viewing: "private" as const,
  place: at,
});
const cameras = [
  camera("elsewhere", place("ningbao", "A1")),
  camera("hall", place("songbai", null)),
  camera("stall", place("songbai", "A1")),
  camera("nowhere", null),
];
const alert = (dev: string, site: string | null, stall: string | null) => ({
  ...{ gw: "g", dev, site: { code: site, name: "" }, stall },
});

describe("the camera of an alert", () => {
  it("is the one that the alert is about, at its stall, at its site; never one of another site", () => {
    expect(cameraFor(cameras, alert("nowhere", null, null))?.channel).toBe("nowhere");
    expect(cameraFor(cameras, alert("scale-1", "songbai", "A1"))?.channel).toBe("stall");
    expect(cameraFor(cameras, alert("scale-1", "songbai", "B7"))?.channel).toBe("hall");
    expect(cameraFor(cameras, alert("scale-1", "zhongpu", "A1"))).toBeUndefined();
    expect(cameraFor(cameras, alert("scale-1", null, "A1"))).toBeUndefined();
  });
});
