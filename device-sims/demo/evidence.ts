import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { RecordPage, RecordView } from "@mingcheng/protocols";
import { compareWithLedger } from "../src/comparison/compare.ts";
import { recordsInEvidence, sayingsOf, storedReadingsOf } from "../src/comparison/readings.ts";
import { until } from "../src/harness/until.ts";
import type { Evidence } from "./checks.ts";
import { demoMarket } from "./demo-market.ts";
import type { Stage } from "./stage.ts";
import type { StoryTold } from "./story.ts";

/** Fewer would prove nothing: what the scenario's devices say even when a slow machine spoils some loads. */
const leastReadings = 60;
const leastBacklog = 40;

const allRecords = async (stage: Stage): Promise<readonly RecordView[]> => {
  const records: RecordView[] = [];
  for (let after = 0; ; ) {
    const page = await stage.api.get<RecordPage>(`/api/v1/records?after=${after}&limit=1000`);
    records.push(...page.records);
    if (page.next === null) return records;
    after = page.next;
  }
};

/** The projections follow the ledger by themselves: wait until they have. */
const shownRecords = async (stage: Stage): Promise<readonly RecordView[]> => {
  await until(
    async () => {
      const { lsn, head } = await stage.api.get<RecordPage>("/api/v1/records?limit=1");
      return lsn >= head;
    },
    { what: "the screens show what the ledger holds", withinMs: 15_000, everyMs: 50 },
  );
  return (await allRecords(stage)).filter(({ counted }) => counted);
};

const verifyFile = async (stage: Stage, file: string): Promise<Evidence["verify"]> => {
  try {
    const said = await stage.centre.command("verify", file);
    // The verdict comes first; what it means and does not follows.
    return { ok: true, detail: said.trim().split("\n")[0] ?? "" };
  } catch (error) {
    return { ok: false, detail: error instanceof Error ? (error.message.split("\n").at(-1) ?? "") : String(error) };
  }
};

/** Collects what is to be judged: the exported file, the API's view, the simulators' log. */
export const collectEvidence = async (stage: Stage, told: StoryTold): Promise<Evidence> => {
  const file = join(stage.dir, "evidence.mcx");
  await stage.centre.command("export", "--gateway", demoMarket.gw, "--out", file);
  const sayings = sayingsOf(stage.said);
  const ledger = compareWithLedger(sayings, storedReadingsOf(recordsInEvidence(readFileSync(file, "utf8"))));
  const screen = compareWithLedger(sayings, storedReadingsOf(await shownRecords(stage)));
  return {
    ledger,
    screen,
    leastReadings,
    verify: await verifyFile(stage, file),
    ...told,
    deliveries: stage.receiver.deliveries,
    leastBacklog,
  };
};
