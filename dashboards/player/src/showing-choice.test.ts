import { describe, expect, it } from "vitest";
import { Lateness } from "./lateness.ts";
import { MovieTimes } from "./movie-times.ts";
import { ShowingChoice } from "./showing-choice.ts";

describe("the form in which a camera is shown", () => {
  it("follows the size of the tile", () => {
    const choice = new ShowingChoice("sub", true);
    choice.want("main");
    expect([choice.now, choice.reason]).toEqual(["main", null]);
  });

  it("of H.265 is the small stream, then pictures of key frames, and says why", () => {
    const choice = new ShowingChoice("main", true);
    choice.cannot("main", true);
    expect([choice.now, choice.reason]).toEqual(["sub", "codec"]);
    choice.cannot("sub", true);
    expect([choice.now, choice.reason]).toEqual(["pictures", "codec"]);
  });

  it("in a browser without movies is MPEG-1 where that is offered, else pictures", () => {
    const choice = new ShowingChoice("sub", false);
    expect(choice.now).toBe("compatible");
    choice.cannot("compatible");
    expect(choice.now).toBe("pictures");
  });

  it("becomes less on a slow line, one by one, and more again after a calm time that grows", () => {
    const choice = new ShowingChoice("main", true);
    let atMs = 100_000;
    const seen = [1, 2, 3, 4].map(() => {
      choice.slow(atMs);
      return choice.now;
    });
    expect(seen).toEqual(["sub", "pictures", "stills", "stills"]);
    expect(choice.reason).toBe("slow");
    expect(choice.tick(atMs + 60_000)).toBe(false);
    atMs += 600_000;
    expect([choice.tick(atMs), choice.now]).toEqual([true, "pictures"]);
    expect(choice.tick(atMs + 1_000)).toBe(false);
  });
});

describe("lateness", () => {
  it("is told beside the quickest, however the clocks differ", () => {
    const lateness = new Lateness();
    const wrongClockMs = 86_400_000;
    for (let at = 0; at < 10; at++) expect(lateness.add(at * 200 + wrongClockMs, at * 200 + 50)).toBe(false);
    expect(lateness.add(2_000 + wrongClockMs, 4_400)).toBe(false);
    expect(lateness.add(2_200 + wrongClockMs, 5_000)).toBe(true);
  });
});

describe("times of a movie", () => {
  const fragment = (units: number): Uint8Array => {
    const bytes = new Uint8Array(80);
    new DataView(bytes.buffer).setBigUint64(60, BigInt(units));
    return bytes;
  };

  it("say when what is seen was taken, also behind a hole in the recording", () => {
    const times = new MovieTimes();
    expect(times.at(0)).toBeNull();
    times.add(fragment(0), 1_000_000);
    times.add(fragment(18_000), 1_600_000);
    expect([times.at(0.1), times.at(0.2), times.at(0.3)]).toEqual([1_000_100, 1_600_000, 1_600_100]);
  });
});
