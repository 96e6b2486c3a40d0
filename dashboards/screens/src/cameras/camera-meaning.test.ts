import type { CameraView } from "@mingcheng/protocols";
import { describe, expect, it } from "vitest";
import { bySite, isBad, standingOf } from "./camera-meaning.ts";

const camera = (site: string, state: "live" | "frozen" | "none", online: boolean | null = true): CameraView => ({
  ...{ gw: site, channel: "kitchen-1", site, place: null, viewing: "private", online },
  reported: { state, zone: "cooking", reason: "", at: "2026-11-25T06:00:00.000Z" },
});

describe("how a camera stands", () => {
  it("is not known of a gateway that is away, whatever it said last", () => {
    expect(standingOf(camera("a", "live", false)).word).toBe("unknown");
    expect(standingOf(camera("a", "live")).word).toBe("ok");
    expect(standingOf({ online: true, reported: null }).meaning).toBe("unknown");
  });

  it("puts sites with something wrong first, and nobody's wish is nothing wrong", () => {
    const cameras = [camera("b", "live"), camera("c", "frozen"), camera("a", "none")];
    expect(bySite(cameras).map(({ site }) => site)).toEqual(["c", "b", "a"]);
    expect(cameras.map(isBad)).toEqual([false, true, false]);
  });
});
