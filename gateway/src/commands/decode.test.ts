import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { type DecodeOptions, runDecode } from "./decode.ts";

const folder = mkdtempSync(join(tmpdir(), "mingcheng-decode-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const scale = "02 2C 30 20 20 20 33 38 36 32 20 20 20 30 30 30 0D 72";

const decode = async (options: DecodeOptions, ...input: readonly (Uint8Array | string)[]): Promise<string[]> => {
  const lines: string[] = [];
  const stdin = (async function* () {
    yield* input;
  })();
  await runDecode(options, { stdin, writeLine: async (line) => void lines.push(line) });
  return lines;
};

const events = async (options: DecodeOptions, ...input: readonly (Uint8Array | string)[]): Promise<unknown[]> =>
  (await decode({ ...options, json: true }, ...input)).map((line) => JSON.parse(line) as unknown);

const bytes = (hex: string): Uint8Array => Buffer.from(hex.replaceAll(" ", ""), "hex");

describe("decode", () => {
  it("prints one JSON event per line for a scale, damage included", async () => {
    const damaged = scale.replace("38 36", "38 37");
    expect(await events({ protocol: "mt-continuous", hex: `${scale} ${damaged} ${scale}` })).toEqual([
      {
        event: "reading",
        value: "38.62",
        unit: "kg",
        mode: "gross",
        stable: "reported-stable",
        tare: "0.00",
        overload: false,
        underload: false,
        increment: 1,
        states: [],
        hex: scale.replaceAll(" ", "").toLowerCase(),
      },
      { event: "discarded", hex: damaged.replaceAll(" ", "").toLowerCase(), reason: "bad-checksum" },
      expect.objectContaining({ event: "reading", value: "38.62" }),
    ]);
  });

  it("prints frames and results of a tester", async () => {
    const frame = Buffer.from("\x021R|1|^^^OP-CARB|62.3|%||A||F||op1||20240517093015\r\x03DE\r\n", "latin1");
    expect(await events({ protocol: "lis" }, frame)).toEqual([
      {
        event: "frame",
        frameNo: 1,
        final: true,
        checksumOk: true,
        sequence: "first",
        records: [expect.objectContaining({ type: "R" })],
        hex: frame.toString("hex"),
      },
      {
        event: "result",
        sample: null,
        assay: "OP-CARB",
        value: "62.3",
        unit: "%",
        instrumentVerdict: "positive",
        at: "2024-05-17T09:30:15",
      },
    ]);
  });

  it("reads hexadecimal however people write it, a file, or the standard input in any pieces", async () => {
    const expected = await events({ protocol: "mt-continuous", hex: scale });
    const spellings = [
      scale.toLowerCase(),
      scale.replaceAll(" ", ""),
      scale.replaceAll(" ", ":"),
      scale.replaceAll(/(\w\w)/g, "0x$1,"),
    ];
    for (const hex of spellings) expect(await events({ protocol: "mt-continuous", hex })).toEqual(expected);
    const file = join(folder, "captured.bin");
    writeFileSync(file, bytes(scale));
    expect(await events({ protocol: "mt-continuous", file })).toEqual(expected);
    const pieces = [bytes(scale).subarray(0, 7), bytes(scale).subarray(7)];
    expect(await events({ protocol: "mt-continuous" }, ...pieces)).toEqual(expected);
  });

  it("shows what the end of the input cuts off", async () => {
    expect(await events({ protocol: "yaohua-a9", hex: "02 2B 30 30" })).toEqual([
      { event: "discarded", hex: "022b3030", reason: "incomplete" },
    ]);
  });

  it("prints a table for people", async () => {
    const lines = await decode({ protocol: "mt-continuous", hex: `${scale} 00` });
    expect(lines).toEqual([
      "reading   38.62 kg        gross   reported-stable    tare 0.00",
      "discarded noise           00",
    ]);
    const over = await decode({ protocol: "mt-continuous", hex: scale.replace("2C 30", "2C 34").replace("72", "6E") });
    expect(over).toEqual(["reading   -               gross   reported-stable   OVERLOAD tare 0.00"]);
    const tester = await decode({
      protocol: "lis",
      hex: `05 ${Buffer.from("1L|1|N\r\x0304\r\n").toString("hex").replace(/^/, "02")} 04`,
    });
    expect(tester).toEqual(["control   ENQ", "frame     no 1 ETX checksum ok next\n          L|1|N", "control   EOT"]);
  });

  it.each<[string, DecodeOptions, { code: string; field?: string }]>([
    [
      "an unknown protocol, naming the known ones",
      { protocol: "x", hex: "00" },
      { code: "PROTOCOL_UNKNOWN", field: "protocol" },
    ],
    ["half a byte", { protocol: "lis", hex: "0" }, { code: "INPUT_INVALID", field: "--hex" }],
    ["no hexadecimal", { protocol: "lis", hex: "zz" }, { code: "INPUT_INVALID", field: "--hex" }],
    ["two sources", { protocol: "lis", hex: "00", file: "x" }, { code: "INPUT_INVALID", field: "--file" }],
    ["a missing file", { protocol: "lis", file: join(folder, "none") }, { code: "INPUT_INVALID", field: "--file" }],
  ])("refuses %s", async (_name, options, fault) => {
    await expect(decode(options)).rejects.toMatchObject(fault);
  });

  it("reads hexadecimal text from standard input, however it is written and cut", async () => {
    const styles = [
      scale,
      scale.replaceAll(" ", ""),
      scale.toLowerCase().replaceAll(" ", ":"),
      scale.replace(/([0-9A-F]{2})/g, "0x$1,"),
      scale.replace(/ ?([0-9A-F]{2})/g, "\\x$1"),
      scale.replace(/([0-9A-F]{2})/g, "$1h"),
      `# a scale\n${scale.slice(0, 16)}  # its status\r\n${scale.slice(16)}\n`,
    ];
    for (const style of styles) {
      const [at, more] = [Math.floor(style.length / 3), Math.floor(style.length / 2)];
      const pieces = [style.slice(0, at), style.slice(at, more), style.slice(more)];
      expect(await events({ protocol: "mt-continuous", hex: "-" }, ...pieces)).toMatchObject([{ value: "38.62" }]);
      expect(await events({ protocol: "mt-continuous", hex: style })).toMatchObject([{ value: "38.62" }]);
    }
    await expect(events({ protocol: "mt-continuous", hex: "02 2G" })).rejects.toThrow('not hexadecimal: "G"');
  });

  it("reads as a configured device says, and tables with their rows", async () => {
    const config = fileURLToPath(new URL("../../../docs/devices/examples/atp-line.yaml", import.meta.url));
    expect(await events({ config, device: "atp-1" }, "x\r\n 17  250\r\n")).toMatchObject([
      { event: "discarded" },
      { event: "result", number: "17", value: "250", unit: "RLU" },
    ]);
    await expect(events({ config, device: "other" })).rejects.toThrow("say which device: atp-1");
    await expect(events({ device: "atp-1" })).rejects.toThrow("--device needs --config");
    await expect(events({})).rejects.toThrow("--protocol");
    const file = join(folder, "export.csv");
    writeFileSync(file, "检测时间,编号,样品,项目,结果,单位,结论\n2024-05-17 09:30,S-1,韭菜,OP,62.3,%,阳性\nx,S-2\n");
    expect(await decode({ protocol: "csv", file })).toEqual([
      "result    row 2: S-1  韭菜  OP  62.3  %  positive  2024-05-17T09:30",
      "discarded row 3: 2 cells, 7 expected",
    ]);
  });

  it("takes the parity bit off where it is told to, whatever the protocol", async () => {
    const even = (text: string): Uint8Array =>
      Uint8Array.from(text, (char) => {
        const code = char.charCodeAt(0);
        return code | ((code.toString(2).split("1").length - 1) % 2 === 0 ? 0 : 0x80);
      });
    const answer = even("9900031600000004\r\n");
    expect(await events({ protocol: "dibal" }, answer)).toMatchObject([{ event: "discarded" }]);
    expect(await events({ protocol: "dibal", sevenBit: true }, answer)).toMatchObject([{ value: "316", unit: "g" }]);
  });
});
