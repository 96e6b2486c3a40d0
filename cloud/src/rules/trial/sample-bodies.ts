type Body = Readonly<Record<string, unknown>>;

const saleLine: Body = {
  ...{ item: "1001", soldBy: "weight", weight: "0.500", unit: "kg", grams: "500", count: null, tare: null },
  ...{ unitPriceFen: 1200, grossAmountFen: 600, amountFen: 600, mismatch: false },
};

/** A body of each kind in which nothing is remarkable; a case says only what matters to it. */
const plain: Readonly<Record<string, Body>> = {
  epoch: { predecessor: null, reason: "start", software: { name: "mingcheng-gateway", version: "0.1.0" } },
  weighing: {
    ...{ protocol: "mt-continuous", value: "500", unit: "g", grams: "500", mode: "net", stable: "reported-stable" },
    ...{ tare: null, tareGrams: null, settling: { samples: 12, durationMs: 800, rule: "reported" } },
  },
  "scale-event": { protocol: "mt-continuous", state: "normal", previous: null },
  sale: {
    ...{ protocol: "aclas-os2", number: "1", at: null, department: null, store: null, scale: null },
    ...{ lines: [saleLine], amountFen: 600 },
  },
  test: {
    ...{ protocol: "lis", instrument: { name: "NY-8", version: "1.2", serial: "77" }, specimenId: "S-1", item: "韭菜" },
    ...{ assay: { code: "OPC", name: "有机磷" }, value: "12.1", number: "12.1", unit: "%", flags: "", status: "F" },
    ...{ verdict: "negative", verdictRule: "GB/T 5009.199-2003: positive >= 50", instrumentVerdict: "negative" },
    ...{ startedAt: "", completedAt: "", resendOf: null },
  },
  camera: {
    ...{ event: "state", zone: "cooking", state: "live", previous: "pending", previousMs: 2_000 },
    reason: "first picture",
  },
  device: { status: "online", previous: null, reason: "" },
  clock: { cause: "start", before: null, after: "2026-11-23T00:00:00.000Z", step_ms: 0, sync: "ntp", err_ms: 10 },
  gap: {
    ...{ scope: "device", reason: "disk-full", line: null, from: null, to: null, device: "scale-01", count: 1 },
    ...{ since: null, until: null },
  },
  config: { version: 1, sha256: "0".repeat(64), outcome: "applied", reason: "" },
  command: { id: "c-1", cseq: 1, kind: "print", outcome: "done", result: "" },
  audit: { actor: "root", action: "", detail: "" },
};

/** The body of a pushed record: what the case says over a plain one; lines of a sale are filled up each. */
export const bodyOf = (kind: string, said: Body): Record<string, unknown> => {
  const body = { ...plain[kind], ...said };
  const { lines } = said;
  return kind === "sale" && Array.isArray(lines)
    ? { ...body, lines: lines.map((line: Body) => ({ ...saleLine, ...line })) }
    : body;
};
