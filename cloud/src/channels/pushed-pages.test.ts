import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { cmeErrors, cmsErrors } from "./gsm-modem/modem-codes.ts";
import { channelSettings } from "./index.ts";
import { smppStatuses } from "./smpp/smpp-status.ts";

const read = (name: string): string => readFileSync(new URL(`../../../docs/${name}`, import.meta.url), "utf8");
const named = (list: string, errors: typeof cmsErrors) =>
  Object.entries(errors).map(([code, verdict]) => [`${list} ${code}`, verdict] as const);

const pages = [
  ["smpp", read("channels-smpp.md"), Object.values(smppStatuses).map((one) => [one.name, one] as const)],
  ["gsm-modem", read("channels-gsm-modem.md"), [...named("CMS", cmsErrors), ...named("CME", cmeErrors)]],
] as const;

describe.each(pages)("the page on %s", (type, page, codes) => {
  const yaml = /^```yaml\n(.*?)^```$/msu.exec(page)?.[1] ?? "";
  const [shown] = (parse(yaml) as { readonly channels: readonly Record<string, unknown>[] }).channels;

  it("shows settings that are good, all of them", () => {
    const settings = channelSettings.parse(shown);
    expect(settings.type).toBe(type);
    // What is shown with its own default is the default; what is missing would be added by parsing.
    expect(Object.keys(settings).sort()).toEqual(Object.keys(shown ?? {}).sort());
  });

  it("explains every code, with what to do next", () => {
    for (const [name, { kind, zh, en }] of codes) {
      if (kind === "accepted") continue;
      const row = page.split("\n").find((line) => line.startsWith(`| \`${name}\` | `)) ?? "";
      const [, , means, centre = "", next = ""] = row.split("|").map((cell) => cell.trim());
      expect(means).toBe(`${zh} / ${en}`);
      expect([name, centre !== "", next !== ""]).toEqual([name, true, true]);
    }
  });
});

describe("settings of channels that push", () => {
  const [smpp, modem] = pages.map(
    ([, page]) =>
      (parse(/^```yaml\n(.*?)^```$/msu.exec(page)?.[1] ?? "") as { channels: Record<string, unknown>[] }).channels[0],
  );

  it.each([
    [{ tls: false, caFile: undefined }, "tls"],
    [{ tls: false, insecureTransport: true }, "caFile"],
    [{ signName: "长".repeat(20) }, "signName"],
    [{ port: 0 }, "port"],
    [{ password: "secret08" }, ""],
    [{ source: "" }, "source"],
    [{ country: "86" }, "country"],
  ])("of an SMS centre with %j are refused at %s", (changes, field) => {
    const { error } = channelSettings.safeParse({ ...smpp, ...changes });
    expect(error?.issues[0]?.path.join(".")).toBe(field);
  });

  it.each([
    [{ path: "ttyUSB0" }, "path"],
    [{ pin: "1234" }, ""],
    [{ storage: "BM" }, "storage"],
    [{ serviceCentre: "13800592500" }, "serviceCentre"],
    [{ signName: "长".repeat(20) }, "signName"],
  ])("of a modem with %j are refused at %s", (changes, field) => {
    const { error } = channelSettings.safeParse({ ...modem, ...changes });
    expect(error?.issues[0]?.path.join(".")).toBe(field);
  });
});
