import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MingchengError } from "@mingcheng/protocols";
import { strToU8, zipSync } from "fflate";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createManualClock } from "../../device-sims/src/clock.ts";
import { openReadMarks } from "../src/capture/read-marks.ts";
import { csvDriver } from "../src/drivers/csv.ts";
import type { CaptureDraft, SessionContext } from "../src/drivers/define-driver.ts";
import { openTransport } from "../src/transports/open-transport.ts";

let root = "";
let folder = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "mingcheng-files-"));
  folder = join(root, "results");
  mkdirSync(folder);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const header = "检测时间,编号,样品,项目,结果,单位,结论\n";
const row = (number: number, value = "12.5"): string =>
  `2024-05-17 09:30:${number.toString().padStart(2, "0")},S-${number},白菜,OP,${value},%,合格\n`;

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

interface World {
  readonly stored: CaptureDraft[];
  /** What went to quarantine. */
  readonly aside: CaptureDraft[];
  failing: boolean;
  /** The outbox remembers what was captured. */
  readonly recalls: boolean;
}

/** A session on the folder; time moves by the clock, files are read for real. */
const start = async (world: World, options: Readonly<Record<string, unknown>> = {}, marks = "marks") => {
  const clock = createManualClock();
  const stopping = new AbortController();
  const config = csvDriver.configSchema.parse({
    assays: [{ code: "OP", use: "gbt-5009-199-2003" }],
    ...options,
  });
  const context: SessionContext = {
    deviceId: "files",
    clock: {
      nowMs: () => clock.nowMs(),
      sleep: async (ms, signal) => {
        isResting = true;
        await clock.sleep(ms, signal);
        isResting = false;
      },
    },
    wall: () => "2024-05-17T12:00:00.000+08:00",
    log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
    capture: async (draft) => {
      if (world.failing) throw new MingchengError("OUTBOX_FULL", "full");
      (draft.fault === undefined ? world.stored : world.aside).push(draft);
    },
    recall: async () => (world.recalls ? world.stored.map(({ body }) => body) : []),
    marks: () => openReadMarks(join(root, marks)),
    live: () => {},
    count: () => {},
  };
  const stream = await openTransport(`folder://${folder}`, csvDriver.transportDefaults, stopping.signal);
  let fault: unknown;
  let [isResting, ended] = [false, false];
  const running = csvDriver
    .createSession(context, config)
    .run(stream, stopping.signal)
    .catch((error: unknown) => {
      fault = error;
    })
    .finally(() => {
      ended = true;
    });
  /** The file system answers in real time: the session's own rest between two looks says that it is done. */
  const rest = async (): Promise<void> => {
    while (!isResting && !ended) await settled();
  };
  const pass = async (ms: number): Promise<void> => {
    for (let at = 0; at < ms; at += 500) {
      await rest();
      await clock.advance(500);
    }
    await rest();
  };
  return {
    pass,
    fault: () => fault,
    stop: async () => {
      stopping.abort();
      await clock.advance(500);
      await running;
    },
  };
};

const world = (): World => ({ stored: [], aside: [], failing: false, recalls: true });
const numbers = ({ stored }: World): unknown[] => stored.map(({ body }) => body["specimenId"]);
const drop = (name: string, text: string | Uint8Array): void => writeFileSync(join(folder, name), text);

describe("a folder of result files", () => {
  it("gives one record per row, judged by the assay, with the row's own bytes", async () => {
    const seen = world();
    drop("monday.csv", header + row(1, "50.00"));
    const session = await start(seen);
    await session.pass(5000);
    expect(seen.stored).toMatchObject([
      {
        kind: "test",
        urgent: true,
        body: {
          protocol: "csv",
          specimenId: "S-1",
          item: "白菜",
          value: "50.00",
          unit: "%",
          verdict: "positive",
          instrumentVerdict: "negative",
          completedAt: "2024-05-17T09:30:01",
        },
      },
    ]);
    expect(new TextDecoder().decode(seen.stored[0]?.raw)).toBe(row(1, "50.00").trimEnd());
    await session.stop();
  });

  it("does not read a file that is still being written, nor a row without its line end", async () => {
    const seen = world();
    const session = await start(seen);
    const text = header + row(1) + row(2);
    for (let length = 40; length < text.length; length += 20) {
      drop("slow.csv", text.slice(0, length));
      await session.pass(1000);
      expect(seen.stored).toEqual([]);
    }
    drop("slow.csv", text.trimEnd().slice(0, -9));
    await session.pass(10_000);
    expect(numbers(seen)).toEqual(["S-1"]);
    drop("slow.csv", text);
    await session.pass(5000);
    expect(numbers(seen)).toEqual(["S-1", "S-2"]);
    await session.stop();
  });

  it("takes a last row without line end once the file has rested for a minute", async () => {
    const seen = world();
    drop("no-end.csv", (header + row(1) + row(2)).trimEnd());
    const session = await start(seen);
    await session.pass(30_000);
    expect(numbers(seen)).toEqual(["S-1"]);
    await session.pass(35_000);
    expect(numbers(seen)).toEqual(["S-1", "S-2"]);
    await session.stop();
  });

  it("reads a file that is renamed into place, and none that is a lock, a download, a link or a folder", async () => {
    const seen = world();
    drop("export.csv.tmp", header + row(1));
    for (const name of ["~$book.csv", ".hidden.csv", "load.csv.part", "notes.doc"]) drop(name, header + row(2));
    writeFileSync(join(root, "outside.csv"), header + row(3));
    symlinkSync(join(root, "outside.csv"), join(folder, "link.csv"));
    mkdirSync(join(folder, "folder.csv"));
    const session = await start(seen);
    await session.pass(5000);
    expect(seen.stored).toEqual([]);
    renameSync(join(folder, "export.csv.tmp"), join(folder, "export.csv"));
    await session.pass(5000);
    expect(numbers(seen)).toEqual(["S-1"]);
    await session.stop();
  });

  it("captures rows appended later, and a file that is exported again, renamed or corrected, only for what is new", async () => {
    const seen = world();
    drop("day.csv", header + row(1) + row(2));
    const session = await start(seen);
    await session.pass(5000);
    drop("day.csv", header + row(1) + row(2) + row(3));
    await session.pass(5000);
    drop("day (copy).csv", header + row(1) + row(2) + row(3));
    drop("week.csv", header.replaceAll(",", ";") + (row(3) + row(2, "61.0") + row(4)).replaceAll(",", ";"));
    await session.pass(5000);
    expect(numbers(seen)).toEqual(["S-1", "S-2", "S-3", "S-2", "S-4"]);
    await session.stop();
  });

  it("believes the mark of UTF-8 against the configured encoding", async () => {
    const seen = world();
    drop("marked.csv", `\ufeff${header}${row(1)}`);
    const session = await start(seen, { encoding: "gb18030" });
    await session.pass(5000);
    expect(seen.stored.map(({ body }) => body["item"])).toEqual(["白菜"]);
    await session.stop();
  });

  it("keeps two equal rows of one file apart", async () => {
    const seen = world();
    drop("twice.csv", header + row(1) + row(1));
    const session = await start(seen);
    await session.pass(5000);
    drop("again.csv", header + row(1) + row(1) + row(1));
    await session.pass(5000);
    expect(numbers(seen)).toEqual(["S-1", "S-1", "S-1"]);
    await session.stop();
  });

  it.each([
    ["the notes", { recalls: false }, "marks"],
    ["the records, when the process was killed before the note", { recalls: true }, "no-marks"],
  ])("captures nothing again after a restart, by %s", async (_name, { recalls }, second) => {
    const first = world();
    drop("day.csv", header + row(1) + row(1) + row(2));
    const before = await start(first);
    await before.pass(5000);
    await before.stop();
    const later: World = { ...world(), recalls, stored: [...first.stored] };
    drop("renamed.csv", header + row(1) + row(1) + row(2) + row(3));
    const after = await start(later, {}, second);
    await after.pass(5000);
    expect(numbers(later)).toEqual(["S-1", "S-1", "S-2", "S-3"]);
    await after.stop();
  });

  it("would capture everything again without notes and records", async () => {
    const first = world();
    drop("day.csv", header + row(1));
    const before = await start(first);
    await before.pass(5000);
    await before.stop();
    const forgetful: World = { ...world(), recalls: false };
    const after = await start(forgetful, {}, "other-marks");
    await after.pass(5000);
    expect(forgetful.stored).toHaveLength(1);
    await after.stop();
  });

  it("passes over a note that was torn, and goes on behind it", async () => {
    writeFileSync(join(root, "marks"), "0123456789abcdef\n01234");
    const marks = await openReadMarks(join(root, "marks"));
    await marks.add(["fedcba9876543210"]);
    const again = await openReadMarks(join(root, "marks"));
    expect(["0123456789abcdef", "fedcba9876543210", "01234"].map((mark) => again.has(mark))).toEqual([
      true,
      true,
      false,
    ]);
  });

  it("sets bad rows aside once, with their number and bytes, and takes the good ones", async () => {
    const seen = world();
    drop("mixed.csv", `${header}${row(1)}2024-05-17 09:30:02,S-2,白菜\nnever,S-3,白菜,OP,1,%,合格\n${row(4)}`);
    const session = await start(seen);
    await session.pass(5000);
    drop("mixed-again.csv", readFileSync(join(folder, "mixed.csv")));
    await session.pass(5000);
    expect(numbers(seen)).toEqual(["S-1", "S-4"]);
    expect(seen.aside.map(({ fault }) => fault)).toEqual([
      "mixed.csv, row 3: 3 cells, 7 expected",
      "mixed.csv, row 4: no time in a configured format",
    ]);
    expect(new TextDecoder().decode(seen.aside[0]?.raw)).toBe("2024-05-17 09:30:02,S-2,白菜");
    await session.stop();
  });

  it("reads again what the disk did not take, and loses nothing", async () => {
    const seen = world();
    seen.failing = true;
    drop("day.csv", header + row(1) + row(2));
    const session = await start(seen, { files: { afterwards: "move", moveAfterMs: 1000 } });
    await session.pass(10_000);
    expect([seen.stored.length, readdirSync(folder)]).toEqual([0, ["day.csv"]]);
    seen.failing = false;
    await session.pass(10_000);
    expect([numbers(seen), readdirSync(folder), readdirSync(join(folder, "done"))]).toEqual([
      ["S-1", "S-2"],
      ["done"],
      ["day.csv"],
    ]);
    await session.stop();
  });

  it("moves files to done, never over another, and leaves what cannot be read", async () => {
    const seen = world();
    const session = await start(seen, { files: { afterwards: "move", moveAfterMs: 3000 } });
    drop("day.csv", header + row(1));
    await session.pass(10_000);
    drop("day.csv", header + row(2));
    drop("other.csv", "a,b\n1,2\n");
    await session.pass(10_000);
    expect([readdirSync(folder).sort(), readdirSync(join(folder, "done")).sort()]).toEqual([
      ["done", "other.csv"],
      ["day-2.csv", "day.csv"],
    ]);
    expect(seen.aside.map(({ fault }) => fault?.slice(0, 24))).toEqual(["other.csv: no header wit"]);
    await session.stop();
  });

  it("says that trying again helps when the folder is gone", async () => {
    const session = await start(world());
    rmSync(folder, { recursive: true });
    await session.pass(5000);
    expect(session.fault()).toMatchObject({ code: "DEVICE_DISCONNECTED", retryable: true });
    await expect(
      openTransport(`folder://${folder}`, csvDriver.transportDefaults, new AbortController().signal),
    ).rejects.toMatchObject({
      code: "DEVICE_OPEN_FAILED",
    });
  });

  it("ends at once when it has to, in the middle of a large file", async () => {
    const seen = world();
    let text = header;
    for (let number = 0; number < 5000; number++) text += row(number % 60, number.toString());
    drop("large.csv", text);
    const session = await start(seen);
    await session.pass(1500);
    void session.pass(1000);
    while (seen.stored.length === 0) await settled();
    await session.stop();
    expect([seen.stored.length > 0, seen.stored.length < 5000]).toEqual([true, true]);
    const again = await start(seen);
    await again.pass(20_000);
    expect(seen.stored).toHaveLength(5000);
    await again.stop();
  });
});

/** The smallest workbook that Excel reads: one sheet, text in place, a date style (1) and a percentage (2). */
const workbook = (rows: string): Uint8Array =>
  zipSync({
    "[Content_Types].xml": strToU8(
      '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/><Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/></Types>',
    ),
    "_rels/.rels": strToU8(
      '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    ),
    "xl/workbook.xml": strToU8(
      '<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="结果" sheetId="1" r:id="rId1"/></sheets></workbook>',
    ),
    "xl/_rels/workbook.xml.rels": strToU8(
      '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/></Relationships>',
    ),
    "xl/styles.xml": strToU8(
      '<?xml version="1.0"?><styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><cellXfs count="3"><xf numFmtId="0"/><xf numFmtId="22" applyNumberFormat="1"/><xf numFmtId="10" applyNumberFormat="1"/></cellXfs></styleSheet>',
    ),
    "xl/worksheets/sheet1.xml": strToU8(
      `<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>${rows}</sheetData></worksheet>`,
    ),
  });

const text = (place: string, said: string): string => `<c r="${place}" t="inlineStr"><is><t>${said}</t></is></c>`;
const names = ["检测时间", "编号", "样品", "项目", "结果", "单位", "结论"];
const sheet = (values: readonly string[]): Uint8Array =>
  workbook(
    `<row r="1">${names.map((name, index) => text(`${"ABCDEFG".charAt(index)}1`, name)).join("")}</row>${values
      .map((value, index) => {
        const at = index + 2;
        return `<row r="${at}"><c r="A${at}" s="1"><v>45429.396006944444</v></c>${text(`B${at}`, `S-${at}`)}${text(`C${at}`, "韭菜")}${text(`D${at}`, "OP")}${value.replace("#", at.toString())}${text(`F${at}`, "%")}${text(`G${at}`, "合格")}</row>`;
      })
      .join("")}`,
  );

/** The header above in GB18030, with tabs. */
const gbHeader = Buffer.from("bcecb2e2cab1bce409b1e0bac509d1f9c6b709cfeec4bf09bde1b9fb09b5a5cebb09bde1c2db0a", "hex");

describe("a workbook", () => {
  it("is read like a text file, with its dates, and a percentage as it is shown", async () => {
    const seen = world();
    drop(
      "book.xlsx",
      sheet([
        '<c r="E#"><v>62.3</v></c>',
        '<c r="E#" s="2"><v>0.523</v></c>',
        '<c r="E#" t="inlineStr"><is><t>NA</t></is></c>',
      ]),
    );
    const session = await start(seen);
    await session.pass(5000);
    expect(
      seen.stored.map(({ body }) => [
        body["specimenId"],
        body["value"],
        body["unit"],
        body["verdict"],
        body["completedAt"],
      ]),
    ).toEqual([
      ["S-2", "62.3", "%", "positive", "2024-05-17T09:30:15"],
      ["S-3", "52.3", "%", "positive", "2024-05-17T09:30:15"],
      ["S-4", "NA", "%", "invalid", "2024-05-17T09:30:15"],
    ]);
    await session.stop();
  });

  it("that is not written to its end is set aside, and read when it is", async () => {
    const seen = world();
    const whole = sheet(['<c r="E#"><v>1</v></c>']);
    drop("book.xlsx", whole.subarray(0, 900));
    const session = await start(seen);
    await session.pass(5000);
    expect([seen.stored.length, seen.aside.length]).toEqual([0, 1]);
    drop("book.xlsx", whole);
    await session.pass(5000);
    expect(numbers(seen)).toEqual(["S-2"]);
    await session.stop();
  });

  it.each([
    ["an old .xls workbook", Uint8Array.of(0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1), "save it as .xlsx or CSV"],
    ["a web page called .xls", strToU8("<html><table><tr><td>1</td></tr></table></html>"), "save it as .xlsx or CSV"],
    ["anything binary", Uint8Array.of(1, 2, 0, 3), "neither text nor a workbook"],
  ])("must not be %s: says what to do, once", async (_name, bytes, told) => {
    const seen = world();
    drop("old.xls", bytes);
    const session = await start(seen);
    await session.pass(5000);
    drop("old-again.xls", bytes);
    await session.pass(5000);
    expect([seen.stored.length, seen.aside.length]).toEqual([0, 1]);
    expect(seen.aside[0]?.fault).toContain(told);
    await session.stop();
  });

  it("may be text called .xls, in GB18030 or UTF-16, with tabs", async () => {
    const seen = world();
    const tabbed = (header + row(1)).replaceAll(",", "\t");
    drop("wide.xls", Buffer.from(`\ufeff${tabbed}`, "utf16le"));
    const gb = tabbed.replace("S-1", "S-2").replace("白菜", "#");
    const [before = "", behind = ""] = gb.split("#");
    const name = Uint8Array.of(0xb0, 0xd7, 0xb2, 0xcb);
    drop(
      "gb.xls",
      Buffer.concat([
        gbHeader,
        Buffer.from(before.slice(header.length)),
        name,
        Buffer.from(behind.replace("合格", "pass")),
      ]),
    );
    const session = await start(seen);
    await session.pass(5000);
    expect(new Map(seen.stored.map(({ body }) => [body["specimenId"], body["item"]]))).toEqual(
      new Map([
        ["S-1", "白菜"],
        ["S-2", "白菜"],
      ]),
    );
    await session.stop();
  });
});
