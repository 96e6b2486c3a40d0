// A process that captures into the gateway's real outbox and says on standard output what it captures and what was
// acknowledged to it, until it is killed:
//   node capture-entry.js --dir DIR --key signing.pem [--records N] [--die-after N] [--free] [--plant FAULT]
// FAULT is ack-before-commit, no-fsync (files) or no-directory-fsync.
// The planted faults prove that the tests can fail. They live here, in the caller: the outbox has no such switches.
import { randomBytes } from "node:crypto";
import { writeSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { type Line, MingchengError, toHex } from "@mingcheng/protocols";
import type { CaptureLine } from "./capture-log.ts";
import { type CapturingOutbox, loadFiles, openGatewayOutbox, type PlantableFiles } from "./gateway-outbox.ts";
import { captureRecord, epochRecord } from "./said-record.ts";

/** So many captures are under way at once, so that commits carry several records and the next one gathers meanwhile. */
const parallelCaptures = 5;
/** A receipt is assumed for everything that is older than so many records, every so many records. */
const freeBehindRecords = 40;
const freeEveryRecords = 20;
const refusedPauseMs = 20;

const { values } = parseArgs({
  options: {
    dir: { type: "string" },
    key: { type: "string" },
    records: { type: "string" },
    "die-after": { type: "string" },
    free: { type: "boolean", default: false },
    plant: { type: "string" },
    "segment-bytes": { type: "string", default: "65536" },
  },
});
const { dir, key, plant } = values;
if (dir === undefined || key === undefined) throw new Error("--dir and --key are needed");

/** Standard output is the log: a line is out before the next step is taken. */
const print = (line: CaptureLine): void => {
  const text = Buffer.from(`${JSON.stringify(line)}\n`);
  for (let at = 0; at < text.length; ) {
    try {
      at += writeSync(1, text, at);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
    }
  }
};

/** Says that it synced, and did not. */
const planted = (files: PlantableFiles): PlantableFiles => {
  if (plant === "no-directory-fsync") return { ...files, syncDirectory: () => Promise.resolve() };
  if (plant !== "no-fsync") return files;
  const open: PlantableFiles["open"] = async (path, mode) => ({
    ...(await files.open(path, mode === "commit" ? "write" : mode)),
    datasync: () => Promise.resolve(),
  });
  return { ...files, open };
};

const outbox: CapturingOutbox = await openGatewayOutbox({
  dir,
  gw: "kill-test",
  keyFile: key,
  segmentBytes: Number(values["segment-bytes"]),
  files: planted(await loadFiles()),
  random: (bytes) => randomBytes(bytes),
  buildEpoch: (line, body) => epochRecord(line, body),
});
const { ep, eid }: Line = outbox.line;
print({ ready: { ep, eid } });
outbox.onFault(({ state }) => print({ fault: state }));
outbox.onRecovered(() => print({ recovered: { ep: outbox.line.ep, eid: outbox.line.eid } }));

const limit = Number(values.records ?? Number.POSITIVE_INFINITY);
const diesAfter = Number(values["die-after"] ?? Number.POSITIVE_INFINITY);
let begun = 0;
let acknowledged = 0;

const freeOldRecords = async (): Promise<void> => {
  const upTo = acknowledged - freeBehindRecords;
  if (upTo < 1) return;
  print({ freeable: { ep, eid, upTo } });
  const at = new Date().toISOString();
  await outbox.free(
    (line, _from, to) => (line.eid === eid && to <= upTo ? "receipted" : "no"),
    { gen: "0".repeat(32), at },
    true,
  );
};

/** Captures one record and says what became of it; true when it was acknowledged. */
const captureOne = async (): Promise<boolean> => {
  const id = toHex(randomBytes(12));
  print({ said: id });
  const saidAtMs = performance.now();
  const place: { line: Line; seq: number } = { line: outbox.line, seq: 0 };
  const durable = outbox.append(
    (seq) => {
      place.line = outbox.line;
      place.seq = seq;
      return captureRecord(place.line, seq, id);
    },
    { urgent: false },
  );
  if (plant === "ack-before-commit") {
    durable.catch(() => undefined);
    print({ acknowledged: { id, ep: place.line.ep, eid: place.line.eid, seq: place.seq, h: null } });
    await new Promise((resolve) => setImmediate(resolve));
    return true;
  }
  try {
    const { line, seq, h } = await durable;
    print({ acknowledged: { id, ep: line.ep, eid: line.eid, seq, h } });
    return true;
  } catch (error) {
    const code = error instanceof MingchengError ? error.code : String(error);
    print({ refused: { id, code, afterMs: performance.now() - saidAtMs } });
    return false;
  }
};

const captureInTurn = async (): Promise<void> => {
  while (begun < limit) {
    begun++;
    if (!(await captureOne())) {
      // As a device does: the next reading comes when it comes.
      await delay(refusedPauseMs);
      continue;
    }
    acknowledged++;
    if (acknowledged >= diesAfter) process.kill(process.pid, "SIGKILL");
    if (values.free && acknowledged % freeEveryRecords === 0) await freeOldRecords();
  }
};

await Promise.all(Array.from({ length: parallelCaptures }, captureInTurn));
await outbox.close();
