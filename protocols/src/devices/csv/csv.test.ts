import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { describeCodec } from "../../../test/codec-contract.ts";
import { utf8 } from "../../bytes/bytes.ts";
import { createDateReader, isDateFormat, usualDateFormats } from "../date-format.ts";
import { cellsIn, separatorOf } from "./cells.ts";
import { createRowReader, csv, csvOf } from "./codec.ts";
import { csvHeader, csvRow } from "./encode.ts";
import { fileRows } from "./file-rows.ts";
import { defaultTableFormat, type TableFormat } from "./table-format.ts";

const two = (value: number): string => value.toString().padStart(2, "0");

const spec = fc.record({
  at: fc
    .tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 28 }), fc.integer({ min: 0, max: 59 }))
    .map(([month, day, second]) => `2024-${two(month)}-${two(day)} 09:30:${two(second)}`),
  number: fc.integer({ min: 1, max: 9999 }).map((number) => `S-${number}`),
  sample: fc.constantFrom("白菜", "leek", "a, b", 'so "called"'),
  assay: fc.constant("inhibition"),
  value: fc.integer({ min: -99, max: 999 }).map((tenths) => (tenths / 10).toFixed(1)),
  unit: fc.constant("%"),
  verdict: fc.constantFrom("阳性", "阴性"),
});

describeCodec(csv, {
  // A row carries no checksum: its form has to do, and its first byte begins a year of this century.
  confirms: (frame) => /^\s*"?\s*20\d\d[-/.年]?\d/.test(new TextDecoder().decode(frame)),
  vitalByte: 0,
  spec,
  encode: (row) => utf8(csvHeader + csvRow(row)),
  meaning: ({ at, number, sample, assay, value, unit, verdict }) => [
    { event: "reply", meaning: "header", detail: csvHeader.trimEnd() },
    {
      event: "result",
      sample,
      number,
      assay,
      value,
      unit,
      instrumentVerdict: verdict === "阳性" ? "positive" : "negative",
      at: at.replace(" ", "T"),
    },
  ],
});

const read = (format: Partial<TableFormat>, ...rows: readonly string[]) => {
  const reader = createRowReader({ ...defaultTableFormat, ...format });
  return rows.map((row) => reader.row(row)).map((row) => (row.kind === "result" ? row.result : row));
};

describe("tables of results", () => {
  it("takes columns by name wherever they stand, below titles, whatever lies between", () => {
    const format = { columns: { number: "样品编号", value: "抑制率(%)", at: "检测日期", time: "检测时刻" } };
    const rows = [
      "农药残留检测报告;;;;",
      "检测日期;操作员;检测时刻;抑制率（%）;样品编号",
      "2024/5/7;李;9:30:05;62.3%;A-7",
      ";;;;",
    ];
    expect(read({ ...format, constants: { assay: "OP", unit: "%" } }, ...rows)).toEqual([
      { kind: "title" },
      { kind: "header" },
      {
        sample: null,
        number: "A-7",
        assay: "OP",
        value: "62.3",
        unit: "%",
        instrumentVerdict: "none",
        at: "2024-05-07T09:30:05",
      },
      { kind: "blank" },
    ]);
  });

  it("takes columns by number where there is no header", () => {
    const format: Partial<TableFormat> = { columns: { number: 1, value: 2 }, separator: "comma" };
    expect(read(format, "17,250", "18")).toMatchObject([
      { number: "17", value: "250" },
      { kind: "bad", why: "1 cells, 2 expected" },
    ]);
  });

  it("maps the instrument's words to verdicts, its own words first, and none to a pass by itself", () => {
    const format = {
      columns: { number: 1, verdict: 2, value: 3 },
      verdicts: { positive: ["红灯"], invalid: ["重做"] },
    };
    const verdicts = read(format, "1,红灯,", "2,重做,", "3,合格,", "4,超标,", "5,,", "6,???,", "7,NA,").map((row) =>
      "instrumentVerdict" in row ? row.instrumentVerdict : row.kind,
    );
    expect(verdicts).toEqual(["positive", "invalid", "negative", "positive", "none", "none", "invalid"]);
  });

  it("calls rows bad that cannot be told apart, dated, decoded or are cut off", () => {
    const header = "检测时间,编号,样品,项目,结果,单位,结论";
    const bad = [
      ",,白菜,OP,12,%,合格",
      "2024-02-30 10:00,1,白菜,OP,12,%,合格",
      "2024-02-03 10:00,1,白\ufffd,OP,12,%,合格",
      "2024-02-03 10:00,1,白菜,OP",
      '2024-02-03 10:00,1,"白"菜,OP,12,%,合格',
    ];
    expect(
      read({}, header, ...bad)
        .slice(1)
        .map((row) => ("why" in row ? row.why : row)),
    ).toEqual([
      "no time",
      "no time in a configured format",
      "text is not in the configured encoding",
      "4 cells, 7 expected",
      "a quotation mark where none may stand",
    ]);
  });

  it("reads fractions as per cent and decimal commas only when told so", () => {
    const columns = { number: 1, value: 2 };
    expect(read({ columns, separator: "semicolon", decimalComma: true }, "1;62,3")).toMatchObject([{ value: "62.3" }]);
    const values = ["0.523", "1", "-0.02", "0.5", "NA"].map(
      (value) => read({ columns, fraction: true }, `1,${value}`)[0] as { value: string },
    );
    expect(values.map(({ value }) => value)).toEqual(["52.3", "100", "-2", "50", "NA"]);
    expect(read({ columns }, "1,0.523")).toMatchObject([{ value: "0.523" }]);
  });

  it("waits for a header with every named column", () => {
    const decoder = csv.createDecoder();
    const events = decoder.push(utf8("检测时间,编号,结果\r\n2024-05-17 09:30,1,62\r\n"));
    expect(events.map(({ event }) => event)).toEqual(["discarded", "discarded"]);
  });

  it("reads GB18030 and UTF-8 with its mark without being told, and code page 437 when told", () => {
    const gb = [0xb0, 0xd7, 0xb2, 0xcb];
    const codec = csvOf({ ...defaultTableFormat, columns: { number: 1, sample: 2, value: 3 } });
    const line = [...utf8("x\r\n7,"), ...gb, ...utf8(",12\r\n")];
    expect(codec.createDecoder().push(Uint8Array.from(line)).at(-1)).toMatchObject({ sample: "白菜", value: "12" });
    const old = csvOf({ ...defaultTableFormat, encoding: "cp437", columns: { number: 1, value: 2, unit: 3 } });
    const degrees = [...utf8("x\r\n7,21.5,"), 0xf8, ...utf8("C\r\n")];
    expect(old.createDecoder().push(Uint8Array.from(degrees)).at(-1)).toMatchObject({ value: "21.5", unit: "°C" });
    expect(csv.createDecoder().push(utf8(`\ufeff${csvHeader}`))).toMatchObject([{ event: "reply", meaning: "header" }]);
  });
});

describe("cells", () => {
  it("follow RFC 4180", () => {
    expect(cellsIn('a,"b,""c""",,"x\r\ny"', ",")).toEqual(["a", 'b,"c"', "", "x\r\ny"]);
    expect([cellsIn('"a"b,c', ","), cellsIn('a"b', ","), cellsIn('"a', ",")]).toEqual([null, null, null]);
    expect(["a;b;c", "a,b", "a\tb\tc", "a|b|c|d", "abc"].map(separatorOf)).toEqual([
      "semicolon",
      "comma",
      "tab",
      "bar",
      "comma",
    ]);
  });
});

describe("dates", () => {
  it("are read in the usual formats, and never as a day that does not exist", () => {
    const dateOf = createDateReader(usualDateFormats);
    expect(
      [
        "2024-5-7 9:3",
        "2024/05/17 09:30:15",
        "20240517093015",
        "2024年5月17日 9时3分1秒",
        "2024.2.29",
        "2024-05-17 09:30:15.250",
      ].map(dateOf),
    ).toEqual([
      "2024-05-07T09:03",
      "2024-05-17T09:30:15",
      "2024-05-17T09:30:15",
      "2024-05-17T09:03:01",
      "2024-02-29",
      "2024-05-17T09:30:15",
    ]);
    expect(["2023-02-29", "2024-13-01", "17/05/2024", "2024-05-17 25:00", "1999-01-01", ""].map(dateOf)).toEqual(
      Array(6).fill(null),
    );
    expect(createDateReader(["dd/MM/yy HH:mm"])("17/05/24 09:30")).toBe("2024-05-17T09:30");
  });

  it("have formats that name a whole day, and nothing twice", () => {
    expect(["dd/MM/yyyy", "M-d", "yyyy-MM-dd MM", "yyy-M-d"].map(isDateFormat)).toEqual([true, false, false, false]);
    expect(usualDateFormats.every(isDateFormat)).toBe(true);
  });
});

describe("rows of a file", () => {
  const rowsOf = (text: string, isWhole?: boolean) =>
    Array.from(fileRows(utf8(text), isWhole), ({ number, bytes, ended }) => [
      number,
      new TextDecoder().decode(bytes),
      ended,
    ]);

  it("end with LF, CR LF or CR, and the last one may not have ended yet", () => {
    expect(rowsOf("a\r\nb\nc")).toEqual([
      [1, "a", true],
      [2, "b", true],
      [3, "c", false],
    ]);
    expect(rowsOf("a\rb\r")).toEqual([
      [1, "a", true],
      [2, "b", true],
    ]);
    expect(rowsOf("\ufeffa\n\nb\n")).toEqual([
      [1, "a", true],
      [2, "", true],
      [3, "b", true],
    ]);
  });

  it("do not end inside a quoted cell, and a quotation mark that is never closed costs one row", () => {
    expect(rowsOf('a,"x\r\ny",b\r\nc\r\n')).toEqual([
      [1, 'a,"x\r\ny",b', true],
      [2, "c", true],
    ]);
    expect(rowsOf('a,"x\nb\nc\n')).toEqual([
      [1, 'a,"x', true],
      [2, "b", true],
      [3, "c", true],
    ]);
    expect(rowsOf('a,"x\nb\nc\n', false)).toEqual([[1, 'a,"x\nb\nc\n', false]]);
  });
});
