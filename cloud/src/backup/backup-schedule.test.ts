import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { BackedUpCentre } from "../../test/backed-up-centre.ts";
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
      const schedule = new BackupSchedule(settings, { nowMs, take });
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
      { nowMs: () => centre.bench.nowMs, take: (target) => centre.backup({ target }) },
    );
    await schedule.open();
    await schedule.run();
    expect(schedule.standing).toMatchObject({ failures: 2, fault: expect.stringContaining("a-file") });
  });
});
