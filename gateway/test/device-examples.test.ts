import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { gbBytes } from "../../device-sims/src/devices/gb-text.ts";
import { type DeviceConfig, parseGatewayConfig } from "../src/config/parse-config.ts";
import type { CaptureDraft } from "../src/drivers/define-driver.ts";
import { readResultFile } from "../src/drivers/result-files/result-file.ts";
import { createBench } from "./driver-contract-bench.ts";

const folder = fileURLToPath(new URL("../../docs/devices/examples", import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), "mingcheng-examples-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** The one device of an example, as the gateway would start it. */
const deviceOf = (name: string): DeviceConfig => {
  const read = parseGatewayConfig(readFileSync(join(folder, `${name}.yaml`), "utf8"));
  if ("issues" in read) throw new Error(JSON.stringify(read.issues));
  const [device] = read.config.devices;
  if (device === undefined) throw new Error(`${name}: no device`);
  return device;
};

const text = (said: string): Uint8Array => gbBytes(said, 10_000);
const cp437 = (said: string): Uint8Array => Uint8Array.from(said, (char) => (char === "°" ? 0xf8 : char.charCodeAt(0)));

const verdicts = (stored: readonly CaptureDraft[]) =>
  stored.map(({ kind, body }) => [kind, body["specimenId"], body["value"], body["verdict"], body["instrumentVerdict"]]);

/** What becomes of the pieces that the device of an example says. */
const heard = async (name: string, ...pieces: readonly Uint8Array[]) => {
  const { driver, options, silentAfterMs } = deviceOf(name);
  // Testers speak when they have something to say: their silence is none.
  expect(silentAfterMs).toBeNull();
  const bench = createBench(driver, { config: options });
  const connection = bench.connect();
  await bench.clock.advance(1000);
  for (const piece of pieces) {
    await connection.device.write(piece);
    await bench.clock.advance(2000);
  }
  connection.abort();
  await connection.running;
  expect(bench.written).toEqual([]);
  return bench.stored;
};

const slip = (value: string, verdict: string): Uint8Array =>
  text(
    `检测报告\r\n编号: 0017\r\n样品：猪肉\r\n项目: 克伦特罗\r\nT/C: ${value}\r\n结论: ${verdict}\r\n时间: 2024-05-17 09:30\r\n====\r\n`,
  );

describe("the example", () => {
  it("of every kind is tried here, and is a valid configuration", () => {
    const names = readdirSync(folder).map((file) => file.replace(/\.yaml$/, ""));
    expect(names.sort()).toEqual(["atp-line", "csv-line", "ph-line", "residue-folder", "strip-reader-block"]);
    for (const name of names) expect(deviceOf(name).options).toBeTypeOf("object");
  });

  it("atp-line gives one record per line, the very first included, and judges RLU by the site's limit", async () => {
    const stored = await heard(
      "atp-line",
      text("  17    250\r\n"),
      text("  18   1000\r\n  19 ----\r\n  18   1000\r\n"),
    );
    expect(verdicts(stored)).toEqual([
      ["test", "17", "250", "negative", "none"],
      ["test", "18", "1000", "positive", "none"],
      ["test", "18", "1000", "positive", "none"],
    ]);
    expect(stored[0]?.body).toMatchObject({ protocol: "line", unit: "RLU", instrument: { name: "LB 9507" } });
  });

  it("ph-line reads code page 437 and days before months, and nothing measured is never a pass", async () => {
    const stored = await heard(
      "ph-line",
      cp437(
        "17/05/24 09:30 No.7 pH 6.85 25.1 °C\r\n17/05/24 09:31 No.8 pH ---- 25.1 °C\r\n17/05/24 09:31 No.9 pH 6.10 5 °C\r\n",
      ),
    );
    expect(verdicts(stored)).toEqual([
      ["test", "7", "6.85", "suspect", "none"],
      ["test", "8", "----", "none", "none"],
      ["test", "9", "6.10", "negative", "none"],
    ]);
    expect(stored[0]?.body).toMatchObject({ completedAt: "2024-05-17T09:30" });
  });

  it("strip-reader-block reads slips in GB18030; without a control line there is no pass whatever the ratio says", async () => {
    const stored = await heard(
      "strip-reader-block",
      slip("0.42", "阳性"),
      slip("1.80", "无C线"),
      slip("NA", "阴性"),
      slip("1.80", "阳性"),
    );
    expect(verdicts(stored)).toEqual([
      ["test", "0017", "0.42", "positive", "positive"],
      ["test", "0017", "1.80", "invalid", "invalid"],
      ["test", "0017", "NA", "invalid", "invalid"],
      ["test", "0017", "1.80", "negative", "positive"],
    ]);
    expect(stored[0]?.body).toMatchObject({ item: "猪肉", completedAt: "2024-05-17T09:30", protocol: "block" });
  });

  it("strip-reader-block takes a slip that was cut off for none", async () => {
    expect(await heard("strip-reader-block", slip("0.42", "阳性").subarray(40))).toEqual([]);
  });

  it("csv-line believes a row by itself where the line was quiet before", async () => {
    const stored = await heard("csv-line", text("S-1,韭菜,OP,50.0,%,合格,2024-05-17 09:30:15\r\n"));
    expect(verdicts(stored)).toEqual([["test", "S-1", "50.0", "positive", "negative"]]);
  });

  it("residue-folder reads what such a program exports", async () => {
    const { options } = deviceOf("residue-folder");
    const file = join(scratch, "export.csv");
    writeFileSync(
      file,
      text(
        "农药残留检测报告\r\n样品编号,样品名称,通道,抑制率（%）,检测结论,检测日期,检测时刻,检测员\r\n" +
          "A-1,韭菜,1,62.3,不合格,2024/5/17,9:30:15,李\r\nA-2,白菜,2,NaN,对照异常,2024/5/17,9:30:15,李\r\n",
      ),
    );
    const read = await readResultFile(readFileSync(file), options as Parameters<typeof readResultFile>[1], true);
    expect(read.rows.map(({ number, said }) => [number, said])).toMatchObject([
      [3, { value: "62.3", unit: "%", channel: "1", instrumentVerdict: "positive", at: "2024-05-17T09:30:15" }],
      [4, { value: "NaN", instrumentVerdict: "invalid" }],
    ]);
  });
});
