import { afterEach, describe, expect, it } from "vitest";
import { FedCentre, faultless } from "../../test/fed-centre.ts";

const centres: FedCentre[] = [];
const fedCentre = (): FedCentre => {
  const fed = new FedCentre();
  centres.push(fed);
  return fed;
};

afterEach(() => {
  for (const fed of centres.splice(0)) fed.close();
});

describe("records whose points are not kept any more", () => {
  const dayMs = 86_400_000;

  /** Feeds 30 weighings, and 20 more nine days later, when a server that keeps seven days has let go of the first. */
  const aged = async (): Promise<FedCentre> => {
    const fed = fedCentre();
    fed.open({ keepDays: 7, reconcileDays: 1 });
    fed.weigh(30);
    await fed.feed();
    fed.nowMs += 9 * dayMs;
    fed.weigh(20);
    await fed.feed();
    return fed;
  };
  const remembered = (fed: FedCentre) => fed.stores.database.prepare("SELECT count(*) FROM point").pluck().get();

  it("are forgotten, their sums stay, and nothing that changes later counts them twice", async () => {
    const fed = await aged();
    expect([remembered(fed), fed.stores.state.closed()]).toEqual([20, 30]);
    expect(fed.sum("weighing_day", "weighings")).toBe(50);
    // The projections say other things of all of them, and are made anew.
    fed.centre.projections.prepare("UPDATE record SET at_ms = at_ms + 3600000").run();
    fed.centre.projections.prepare("UPDATE readings_made SET token = 'another'").run();
    await fed.feed();
    expect([remembered(fed), fed.sum("weighing_day", "weighings")]).toEqual([20, 50]);
    fed.stores.state.note("rebuild", "1");
    fed.open({ keepDays: 7, reconcileDays: 1 });
    await fed.feed();
    expect(fed.sum("weighing_day", "weighings")).toBe(50);
  });

  it("are not those of a line in dispute, which have no points yet", async () => {
    const fed = fedCentre();
    fed.weigh(5);
    fed.centre.project();
    const eid = "0123456789abcdef0123456789abcdef";
    fed.centre.dispute(eid, "disputed");
    await fed.feed();
    expect([fed.stores.state.cursor("records"), fed.stores.state.closed()]).toEqual([5, 0]);
    fed.centre.dispute(eid, "ok");
    await fed.feed();
    expect(fed.judge()).toEqual(faultless);
  });

  it("are fed anew when an older ledger came back that ends among them", async () => {
    const fed = await aged();
    fed.centre.projections.prepare("UPDATE readings_made SET token = 'another'").run();
    fed.centre.projections.prepare("DELETE FROM record WHERE lsn > 10").run();
    fed.centre.ledger.exec("DROP TRIGGER record_stays; DELETE FROM record WHERE lsn > 10");
    await fed.feed();
    fed.open({ keepDays: 7, reconcileDays: 1 });
    await fed.feed();
    expect(fed.sum("weighing_day", "weighings")).toBe(10);
  });
});
