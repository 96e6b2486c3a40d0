import { cpSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { BackedUpCentre } from "../../test/backed-up-centre.ts";
import { withAudit } from "../audit/open-audit.ts";
import { openForReading } from "../store/database.ts";
import { discontinuedBackup, headInBackup } from "./audit-in-backup.ts";
import { backupFigures, backupWarning } from "./backup-figures.ts";
import { BackupSchedule } from "./backup-schedule.ts";

const hourMs = 3_600_000;
let centre: BackedUpCentre;
beforeEach(async () => {
  centre = new BackedUpCentre();
  await centre.makeKeys();
  centre.commit(10);
});
afterEach(() => centre.close());

describe("scheduled backups", () => {
  it("are taken in time over restarts, tried again when they fail, and never thinned out to nothing", async () => {
    const { bench, backups } = centre;
    const settings = { dir: join(backups, "daily"), everyHours: 6, keep: 2 };
    const nowMs = () => bench.nowMs;
    const planted = { fault: "" };
    const take = (target: string) => {
      if (planted.fault !== "") throw new Error(planted.fault);
      return centre.backup({ target, includeKeys: false });
    };
    const open = async () => {
      const schedule = new BackupSchedule(settings, { nowMs, take, discontinued: () => undefined });
      await schedule.open();
      return schedule;
    };
    const first = await open();
    expect(first.dueInMs()).toBe(60_000);
    await first.run();
    expect(first.standing).toMatchObject({ lastGoodMs: bench.nowMs, failures: 0, fault: null });
    expect(first.dueInMs()).toBe(6 * hourMs);
    bench.nowMs += 5 * hourMs;
    const second = await open();
    expect(second.standing.lastGoodMs).toBe(bench.nowMs - 5 * hourMs);
    expect(second.dueInMs()).toBe(hourMs);
    bench.nowMs += hourMs;
    expect(second.dueInMs()).toBe(0);
    planted.fault = "no space";
    await second.run();
    expect(second.standing).toMatchObject({ failures: 1, fault: "no space", lastGoodMs: bench.nowMs - 6 * hourMs });
    expect(second.dueInMs()).toBe(600_000);
    expect(backupWarning(second.standing, settings, bench.nowMs)).toContain("no space");
    planted.fault = "";
    for (let each = 0; each < 3; each++) {
      bench.nowMs += 6 * hourMs;
      await second.run();
    }
    expect(second.standing.fault).toBe(null);
    expect(readdirSync(settings.dir)).toHaveLength(2);
    expect(backupWarning(second.standing, settings, bench.nowMs)).toBe(null);
    expect(backupWarning(second.standing, settings, bench.nowMs + 13 * hourMs)).toContain("13 h old");
    const figures = backupFigures(second.standing, bench.nowMs + hourMs);
    expect(figures.map(({ name, value }) => [name, value])).toContainEqual(["mingcheng_backup_age_seconds", 3_600]);
    // A clock that was a year ahead does not put the next one off for a year.
    bench.nowMs -= 365 * 24 * hourMs;
    expect((await open()).dueInMs()).toBe(60_000);
  });

  it("say when their directory cannot be used", async () => {
    const dir = join(centre.backups, "a-file");
    writeFileSync(dir, "");
    const schedule = new BackupSchedule(
      { dir, everyHours: 1, keep: 1 },
      { discontinued: () => undefined, nowMs: () => centre.bench.nowMs, take: (target) => centre.backup({ target }) },
    );
    await schedule.open();
    await schedule.run();
    expect(schedule.standing).toMatchObject({ failures: 2, fault: expect.stringContaining("a-file") });
  });
});

describe("the audit log beside its backups", () => {
  it("must continue every one of them; one that was put back is told of, and what shows it stays", async () => {
    const { bench, backups, data, scratch } = centre;
    const settings = { dir: join(backups, "daily"), everyHours: 6, keep: 1 };
    const nowMs = () => bench.nowMs;
    const note = (action: "centre.started" | "centre.restored") =>
      withAudit(data, (audit) => audit.append({ actor: "centre", action, subject: "centre" }));
    const schedule = new BackupSchedule(settings, {
      nowMs,
      take: (target) => centre.backup({ target, includeKeys: false }),
      discontinued: (found) => {
        const register = openForReading(join(data, "register.db"));
        try {
          return discontinuedBackup(register, found);
        } finally {
          register.close();
        }
      },
    });
    await note("centre.started");
    centre.register.pragma("wal_checkpoint(TRUNCATE)");
    for (const name of ["register.db", "audit-head.json"]) cpSync(join(data, name), join(scratch, name));
    await note("centre.started");
    await schedule.run();
    expect(schedule.standing).toMatchObject({ fault: null, discontinued: null });
    const [first = ""] = readdirSync(settings.dir);
    expect(headInBackup(join(settings.dir, first))).toMatchObject({ n: 3 });

    // Database and head are put back together: alone they look whole.
    centre.register.close();
    for (const name of ["register.db", "register.db-wal", "register.db-shm"]) rmSync(join(data, name), { force: true });
    for (const name of ["register.db", "audit-head.json"]) cpSync(join(scratch, name), join(data, name));
    for (let each = 0; each < 3; each++) {
      await note("centre.started");
      bench.nowMs += 6 * hourMs;
      await schedule.run();
      expect(schedule.standing.discontinued).toBe(join(settings.dir, first));
      expect(backupWarning(schedule.standing, settings, bench.nowMs)).toContain(first);
    }
    expect(readdirSync(settings.dir)).toHaveLength(4);
    // A restore puts it back, too, and says so.
    await note("centre.restored");
    bench.nowMs = Date.now() + 6 * hourMs;
    await schedule.run();
    expect(schedule.standing).toMatchObject({ fault: null, discontinued: null });
    expect(readdirSync(settings.dir)).toHaveLength(1);
  });
});
