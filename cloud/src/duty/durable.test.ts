import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { DurableLog, plantHaste } from "../../test/durable-log.ts";
import { everyTier, minute, TestedSms, testedDuty } from "../../test/tested-duty.ts";
import { alertsMigrations } from "../alerts/alerts-database.ts";
import type { Delivery, Outgoing } from "../channels/channel.ts";
import { openForWriting } from "../store/database.ts";

const scratch = mkdtempSync(join(tmpdir(), "mc-durable-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** What would be on disk of each message at the moment at which its text is handed to the provider. */
const handedOver = async (name: string, isPlanted: boolean) => {
  const database = openForWriting({ path: join(scratch, `${name}.db`), migrations: alertsMigrations });
  if (isPlanted) plantHaste(database);
  // The attempt with the alert, its owner and the record that it is about: all of one commit or of those before.
  const log = new DurableLog(
    database,
    `SELECT l.message, l.attempts, t.alert, c.officer FROM leg AS l JOIN told AS t ON t.message = l.message
     JOIN alert AS a ON a.id = t.alert JOIN care AS c ON c.alert = t.alert`,
  );
  const seen: { readonly message: string; readonly attempt: number; readonly rows: readonly unknown[] }[] = [];
  class Watched extends TestedSms {
    override send(outgoing: Outgoing, signal: AbortSignal): Promise<Delivery> {
      const message = outgoing.body.id;
      seen.push({ message, attempt: outgoing.attempt, rows: log.rows() });
      return super.send(outgoing, signal);
    }
  }
  const sms = new Watched();
  sms.answers = [{ type: "failed", outcome: "HTTP 503", lost: false }];
  const city = testedDuty({ routing: await everyTier(), channels: [sms], database });
  city.raise("r1", { severity: "alarm" });
  await city.pass(minute);
  await city.desk().close();
  const all = database.prepare("SELECT id FROM message").pluck().all() as string[];
  database.close();
  return { seen, all };
};

describe("a text message", () => {
  it("is handed to the provider only after its attempt, alert and owner are on disk", async () => {
    const { seen, all } = await handedOver("sound", false);
    expect(seen.map(({ attempt }) => attempt)).toEqual([1, 2]);
    for (const { attempt, rows } of seen) expect(rows).toEqual([[all[0], attempt, "r1", "op"]]);
  });

  it("would be handed over before, if commits did not wait for the disk", async () => {
    const { seen } = await handedOver("hasty", true);
    expect(seen).toHaveLength(2);
    for (const { rows } of seen) expect(rows).toEqual([]);
  });
});
