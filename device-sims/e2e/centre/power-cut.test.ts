import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { needs } from "../../src/harness/requirements.ts";
import { until } from "../../src/harness/until.ts";
import type { DiskDirectory } from "../power-cut/disk-history.ts";
import { readDisk, writeDiskImage } from "../power-cut/disk-image.ts";
import { drawPowerCut, type Recording, readRecording, recordingCommand } from "../power-cut/recording.ts";
import { faultless, judgeLedger, type LedgerVerdict } from "./judge-ledger.ts";
import { readLedger, type StoredPlace } from "./ledger-reading.ts";
import type { PlantName } from "./plants.ts";
import { startTestedCentre } from "./tested-centre.ts";
import type { WatchedGateway } from "./watched-gateway.ts";

const trace = needs("strace");

/** Two centres one after the other on one data directory, every write and sync recorded; the first one is killed. */
const recordIngest = async (dir: string, plant?: PlantName) => {
  const dataDir = join(dir, "data");
  mkdirSync(dataDir);
  const before = readDisk(dataDir);
  const files = [join(dir, "first.strace"), join(dir, "second.strace")] as const;
  const recorded = (file: string) => ({ dir, plant, wrapper: recordingCommand(file), env: { UV_USE_IO_URING: "0" } });
  const first = await startTestedCentre(recorded(files[0]));
  const watched = await first.add("market-a", { times: 2 });
  const capturing = setInterval(() => watched.capture(1 + Math.floor(Math.random() * 12)), 40);
  try {
    await watched.connect();
    const receipted = (more: number) => {
      const wanted = watched.receipted.length + more;
      return until(() => watched.receipted.length > wanted, {
        what: "receipts go out",
        withinMs: 60_000,
        detail: () => first.centre.program.output(),
      });
    };
    await receipted(20);
    await first.centre.kill();
    const second = await startTestedCentre({ ...recorded(files[1]), config: { ...first.centre.addresses } });
    await receipted(20);
    clearInterval(capturing);
    await second.centre.stop();
  } finally {
    clearInterval(capturing);
    await watched.close();
  }
  return { recording: readRecording(dataDir, before, files), watched };
};

/** The ledger's files alone: what else a centre writes is made from them. */
const ledgerOnly = ({ before, changes }: DiskDirectory): DiskDirectory => {
  const isLedger = (name: string) => name.startsWith("ledger.db");
  return {
    type: "directory",
    before: new Map([...before].filter(([name]) => isLedger(name))),
    changes: changes.filter(({ sets, removes }) => [...sets.map(([name]) => name), ...removes].every(isLedger)),
  };
};

/** A ledger that SQLite cannot read any more holds nothing. */
const readWhatIsLeft = (image: string): StoredPlace[] => {
  try {
    return readLedger(image);
  } catch {
    return [];
  }
};

const judgeCuts = (recording: Recording, watched: WatchedGateway, dir: string, count: number): LedgerVerdict[] =>
  Array.from({ length: count }, (_, index) => {
    const cut = drawPowerCut(recording, Math.random);
    const image = join(dir, `image-${index}`);
    writeDiskImage(ledgerOnly(recording.history.root), cut, image);
    const verdict = judgeLedger(readWhatIsLeft(image), [watched], cut.atMs);
    rmSync(image, { recursive: true });
    return verdict;
  });

const cutPower = async (count: number, plant?: PlantName): Promise<{ verdicts: LedgerVerdict[]; captured: number }> => {
  const dir = mkdtempSync(join(tmpdir(), "mingcheng-ledger-cut-"));
  try {
    const { recording, watched } = await recordIngest(dir, plant);
    return { verdicts: judgeCuts(recording, watched, dir, count), captured: watched.digests.length };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
};

describe("power cut while the ledger is written", () => {
  it.skipIf(trace.skip)(
    trace.title("loses nothing receipted, stores nothing twice: 200 disks"),
    async () => {
      const { verdicts, captured } = await cutPower(200);
      expect(verdicts).toEqual(verdicts.map(() => faultless));
      expect(captured).toBeGreaterThan(50);
    },
    300_000,
  );

  it.skipIf(trace.skip)(
    trace.title("is noticed when commits are not synced"),
    async () => {
      const { verdicts } = await cutPower(40, "no-sync");
      expect(verdicts.flatMap(({ lost }) => lost)).not.toEqual([]);
    },
    300_000,
  );
});
