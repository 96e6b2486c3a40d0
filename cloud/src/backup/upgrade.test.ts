import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { BackedUpCentre } from "../../test/backed-up-centre.ts";
import { alertsMigrations } from "../alerts/alerts-database.ts";
import { nodeCrypto } from "../crypto/node-crypto.ts";
import { ledgerMigrations } from "../ledger/ledger-schema.ts";
import { openLedger } from "../ledger/open-ledger.ts";
import { registerMigrations } from "../register/register-database.ts";
import { type Migration, openForWriting } from "../store/database.ts";
import { restoreBackup } from "./restore-backup.ts";

/** What the next version of this program would do to every database. */
const nextStep: Migration = (database) => {
  database.exec("CREATE TABLE of_the_next_version (x INTEGER) STRICT; INSERT INTO of_the_next_version VALUES (1)");
};
const databases = {
  "ledger.db": ledgerMigrations,
  "register.db": registerMigrations,
  "alerts.db": alertsMigrations,
} as const;

let centre: BackedUpCentre;
beforeEach(async () => {
  centre = new BackedUpCentre();
  await centre.makeKeys();
  centre.commit(50);
});
afterEach(() => centre.close());

/** Opens everything once the way the next version would. */
const upgrade = (directory: string): void => {
  for (const [name, migrations] of Object.entries(databases)) {
    const database = openForWriting({ path: join(directory, name), migrations: [...migrations, nextStep] });
    expect(database.pragma("user_version", { simple: true })).toBe(migrations.length + 1);
    expect(database.prepare("SELECT x FROM of_the_next_version").pluck().all()).toEqual([1]);
    // Nothing stays in the write-ahead log, so that files can be compared.
    database.pragma("wal_checkpoint(TRUNCATE)");
    database.close();
  }
};

const startLedger = (directory: string): void => {
  const { signer, bench } = centre;
  const ports = { crypto: nodeCrypto, signer, nowMs: () => bench.nowMs, random: () => 0.5, onFault: () => undefined };
  openLedger(directory, { gen: "aa".repeat(16), afterFault: false }, ports).close();
};

describe("an upgrade of the centre", () => {
  it("keeps every record; going back is refused, changes nothing, and the backup from before restores", async () => {
    const { data, scratch, backups, bench } = centre;
    const stored = centre.stored();
    await centre.backup();
    upgrade(data);
    expect(centre.stored()).toBe(stored);
    // Twice is once.
    for (const [name, migrations] of Object.entries(databases)) {
      openForWriting({ path: join(data, name), migrations: [...migrations, nextStep] }).close();
    }
    const before = readFileSync(join(data, "ledger.db"));
    expect(() => startLedger(data)).toThrow(
      expect.objectContaining({
        code: "STORE_TOO_NEW",
        message: expect.stringContaining(
          `layout ${ledgerMigrations.length + 1}, this program knows ${ledgerMigrations.length}`,
        ),
      }),
    );
    for (const [name, migrations] of Object.entries(databases)) {
      expect(() => openForWriting({ path: join(data, name), migrations })).toThrow(
        expect.objectContaining({ code: "STORE_TOO_NEW" }),
      );
    }
    expect(readFileSync(join(data, "ledger.db")).equals(before)).toBe(true);
    const restored = join(scratch, "restored");
    const options = { dataDirectory: restored, keys: undefined, nowMs: () => bench.nowMs, onProgress: () => undefined };
    await restoreBackup({ from: join(backups, "copy"), ...options });
    expect(() => startLedger(restored)).not.toThrow();
    // A backup of the upgraded directory is refused by the older program before anything is written.
    await centre.backup({ target: join(backups, "newer") });
    await expect(
      restoreBackup({ from: join(backups, "newer"), ...options, dataDirectory: join(scratch, "other") }),
    ).rejects.toMatchObject({ code: "STORE_TOO_NEW" });
  });
});
