import { describe, expect, it } from "vitest";
import { shortName } from "./map-labels.ts";

describe("names on the map", () => {
  it.each([
    ["松柏农贸市场", "松柏农贸市场"],
    ["厦门市思明区松柏农贸综合批发交易市场二期", "厦门市思明区松柏农贸…"],
    ["Songbai market", "Songbai market"],
    ["A very long name of a market that goes on", "A very long name…"],
  ])("%s is %s", (name, short) => {
    expect(shortName(name)).toBe(short);
  });
});
