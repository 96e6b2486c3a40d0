import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { BackedUpCentre } from "../../test/backed-up-centre.ts";
import { auditOver } from "../audit/open-audit.ts";
import { exportPerson } from "./person-export.ts";

let centre: BackedUpCentre;
beforeEach(async () => {
  centre = new BackedUpCentre();
  await centre.makeKeys();
});
afterEach(() => centre.close());

const nowMs = Date.UTC(2026, 10, 25);
const minutes = (ms: number): number => Math.floor(ms / 60_000);

describe("what the centre holds on one person", () => {
  it("comes together from register, duties, users, audit and alerts; nothing of others, no secret", async () => {
    const { register, alerts } = centre;
    register.exec(`
      INSERT INTO register_change (id, at_ms, by, source, note, counts) VALUES (1, 0, 'test', 'test', '', '{}');
      INSERT INTO user (name, role, password, must_change, created_ms, changed_ms)
        VALUES ('wang.li', 'inspector', 'scrypt-secret', 0, 0, 0), ('li.qiang', 'inspector', 'scrypt-secret', 0, 0, 0)`);
    let end = minutes(Date.UTC(2030, 0, 1));
    const add = (table: string, row: Record<string, unknown>): void => {
      const full = { ...row, valid_from: 0, valid_to: end, since_change: 1 };
      const names = Object.keys(full);
      register
        .prepare(`INSERT INTO ${table} (${names.join()}) VALUES (${names.map(() => "?").join()})`)
        .run(...Object.values(full));
    };
    const officer = { phone: "13800000000", department: "station" };
    add("officer", { code: "o1", name: "王丽", login: "wang.li", ...officer });
    add("officer", { code: "o2", name: "李强", login: "li.qiang", ...officer });
    // For good.
    end = 2 ** 31 - 1;
    add("duty", { area: "a1", site: "", tier: "station", rank: "1", officer: "o1", calendar: "" });
    add("absence", { officer: "o2", substitute: "o1", reason: "leave" });
    add("vendor", { code: "v1", name: "赵记", licence: "JY1" });
    add("tenancy", { stall: "s1", vendor: "v1" });
    add("placement", { gw: "market-a", dev: "scale-1", stall: "s1", site: "" });
    const audit = await auditOver(centre.data, register, { nowMs: () => nowMs });
    audit.append({ actor: "wang.li", action: "register.viewed", subject: "register:vendors" });
    audit.append({ actor: "li.qiang", action: "register.viewed", subject: "register:vendors" });
    audit.append({ actor: "root@terminal", action: "user.reset", subject: "user:wang.li" });
    const person = exportPerson({ register, alerts }, "o1", nowMs);
    expect(person).toMatchObject({
      ...{ logins: ["wang.li"], vendor: [], tenancies: [], devices: [] },
      officer: [{ name: "王丽", phone: "13800000000", valid_to: "2030-01-01T00:00:00.000Z" }],
      duties: [{ tier: "station", area: "a1", valid_from: null, valid_to: null }],
      absences: [{ officer: "o2", substitute: "o1" }],
      users: [{ name: "wang.li", role: "inspector" }],
      audit: [
        { actor: "wang.li", action: "register.viewed" },
        { subject: "user:wang.li", action: "user.reset" },
      ],
    });
    const text = JSON.stringify(person);
    for (const foreign of ["李强", "li.qiang", "scrypt-secret", "赵记"]) expect(text).not.toContain(foreign);
    expect(exportPerson({ register, alerts: null }, "v1", nowMs)).toMatchObject({
      ...{ officer: [], logins: [], vendor: [{ name: "赵记", licence: "JY1" }], tenancies: [{ stall: "s1" }] },
      devices: [{ gw: "market-a", dev: "scale-1", stall: "s1" }],
    });
    expect(() => exportPerson({ register, alerts }, "nobody", nowMs)).toThrow(
      expect.objectContaining({ code: "USER_UNKNOWN" }),
    );
  });
});
