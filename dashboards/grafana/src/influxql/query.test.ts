import { describe, expect, it } from "vitest";
import { identifier, literal } from "./expression.ts";
import { from, fromRows } from "./query.ts";

describe("an InfluxQL query", () => {
  it("names measurement, policy, tags, fields and variables in quotes", () => {
    const query = from("test_hour")
      .inTimeRange()
      .matching({ city_name: "city", site_name: "site" })
      .every("1d", "16h")
      .by("site_name")
      .fill("none")
      .select((of) => [of.sum("positive").dividedBy(of.sum("tests")).as("阳性率")]);
    expect(query.toString()).toBe(
      'SELECT sum("positive") / sum("tests") AS "阳性率" FROM "long"."test_hour"' +
        ' WHERE $timeFilter AND "city_name" =~ /^$city$/ AND "site_name" =~ /^$site$/' +
        ' GROUP BY time(1d, 16h), "site_name" fill(none)',
    );
  });

  it("reads the rows of another query by its columns", () => {
    const latest = from("fleet").inTheLast("3m").where("class", "scale").by("site");
    const query = fromRows(latest, (of) => ({ online: of.last("online"), total: of.last("total") })).select((of) => [
      of.sum("online").dividedBy(of.sum("total")).as("在线率"),
      of.sum("total").as("秤"),
    ]);
    expect(query.toString()).toBe(
      'SELECT sum("online") / sum("total") AS "在线率", sum("total") AS "秤" FROM' +
        ' (SELECT last("online") AS "online", last("total") AS "total" FROM "autogen"."fleet"' +
        ' WHERE time > now() - 3m AND "class" = \'scale\' GROUP BY "site")',
    );
  });

  it("lists single events, the newest first", () => {
    const query = from("test").inTimeRange().whereSome("positive", "suspect").newest(50);
    expect(query.select((of) => [of.each("verdict").as("判定"), of.tag("site_name").as("场所")]).toString()).toBe(
      'SELECT "verdict" AS "判定", "site_name" AS "场所" FROM "autogen"."test"' +
        ' WHERE $timeFilter AND ("positive" > 0 OR "suspect" > 0) ORDER BY time DESC LIMIT 50',
    );
  });

  it("is a value: what is made from it leaves it as it was", () => {
    const all = from("weighing_day").inTimeRange();
    const before = all.toString();
    all.by("dev").whereOneOf("gw", ["a", "b"]);
    expect(all.toString()).toBe(before);
  });

  it("divides by floats, because InfluxDB 1.6 rounds quotients of integers that another query reads", () => {
    const query = from("sale_day").select((of) => [of.sum("amount_fen").per(100).as("元")]);
    expect(query.toString()).toContain('sum("amount_fen") / 100.0');
  });

  it.each([
    ['a"b', '"a\\"b"'],
    ["a\\b", '"a\\\\b"'],
    ["a\nb", '"a\\nb"'],
    ["秤 1; DROP DATABASE x", '"秤 1; DROP DATABASE x"'],
  ])("escapes the name %j", (name, written) => {
    expect(identifier(name)).toBe(written);
  });

  it.each([
    ["it's", "'it\\'s'"],
    ["a\\' OR 1=1", "'a\\\\\\' OR 1=1'"],
  ])("escapes the value %j", (value, written) => {
    expect(literal(value)).toBe(written);
  });
});
