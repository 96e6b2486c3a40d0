import { encodeSigned, lineKey, signedTags, topics } from "@mingcheng/protocols";
import { uplinkLimits } from "@mingcheng/protocols/link";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { needs } from "../../device-sims/src/harness/requirements.ts";
import { until } from "../../device-sims/src/harness/until.ts";
import { generateSigningKey, signerFromPem } from "../src/crypto/signing-key.ts";
import type { Outbox } from "../src/outbox/outbox.ts";
import { startUplink } from "../src/uplink/start-uplink.ts";
import type { Uplink, UplinkOptions } from "../src/uplink/uplink.ts";
import { TestAuthority } from "./harness/authority.ts";
import { Mosquitto } from "./harness/mosquitto.ts";
import { centrePassword, TestCentre } from "./harness/test-centre.ts";
import { capture, identityFor, plainClock, quiet, smallOutbox, temporaryDirectory } from "./harness/test-gateway.ts";

const tools = needs("mosquitto", "openssl");
const reconnect = { baseMs: 20, capMs: 100, steadyAfterMs: 200 };
const impatient = { ...uplinkLimits, answerWithinMs: 250, stateEveryMs: 400 };
const names = Array.from({ length: 14 }, (_, index) => `gw-${index}`);

describe.skipIf(tools.skip)(tools.title("uplink over a real broker"), () => {
  let base: Awaited<ReturnType<typeof temporaryDirectory>>;
  let authority: TestAuthority;
  let broker: Mosquitto;
  let undo: (() => Promise<unknown>)[] = [];
  let next = 0;

  beforeAll(async () => {
    base = await temporaryDirectory();
    authority = new TestAuthority(`${base.dir}/ca`);
    const passwords = Object.fromEntries(names.map((name) => [name, `secret of ${name}`]));
    broker = await Mosquitto.start(base.dir, authority.server({ name: "broker" }), {
      ...passwords,
      centre: centrePassword,
    });
  });

  afterEach(async () => {
    for (const step of undo.reverse()) await step();
    undo = [];
  });

  afterAll(async () => {
    await broker.kill();
    await base.remove();
  });

  /** A gateway with an outbox, and its centre. */
  const world = async () => {
    const gw = names[next++] ?? "";
    const centre = new TestCentre();
    const caPem = authority.issued.pem;
    const identity = identityFor(gw, `secret of ${gw}`, broker.port, centre.receipts.publicKey, caPem);
    centre.know(gw, identity.signer);
    const { dir, remove } = await temporaryDirectory();
    undo.push(remove);
    const outbox = await smallOutbox(dir, identity);
    undo.push(() => outbox.close());
    await centre.connect(broker.port, caPem, gw);
    undo.push(() => centre.disconnect());
    const clock = plainClock();
    const start = (more: Partial<UplinkOptions> = {}): Uplink => {
      const uplink = startUplink({ identity, outbox, clock, log: quiet, reconnect, ...more });
      undo.push(() => uplink.close());
      return uplink;
    };
    return { gw, centre, identity, dir, outbox, clock, start };
  };

  const drained = (uplink: Uplink, what: string) =>
    until(() => uplink.stats().ready && uplink.stats().pending === 0, {
      what,
      withinMs: 20_000,
      detail: () => JSON.stringify(uplink.stats()),
    });

  it("sends what was captured before and after, each record once, and announces itself", async () => {
    const { gw, centre, outbox, clock, start } = await world();
    await capture(outbox, 300);
    const uplink = start();
    await drained(uplink, "the backlog");
    await capture(outbox, 40);
    await drained(uplink, "what came later");
    expect(centre.stored(gw)).toEqual({ records: 341, whole: true });
    expect(centre.faults).toEqual([]);
    expect(centre.states[0]).toMatchObject({
      online: true,
      line: { eid: outbox.line.eid },
      cseq: 0,
      config: 0,
      alarms: [],
    });
    expect(uplink.stats()).toMatchObject({ connected: true, reconnects: 0, refusedDownlinks: 0, lastError: null });
    expect(clock.learnt[0]?.askedMs).toBeLessThanOrEqual(performance.now());
    const plain = centre.batches.reduce((sum, { count }) => sum + count, 0);
    expect(plain).toBe(341);
  });

  it("goes on after the broker died, whatever it held", async () => {
    const { gw, centre, outbox, start } = await world();
    const uplink = start();
    await capture(outbox, 100);
    await drained(uplink, "the first records");
    await broker.kill();
    await until(() => !uplink.stats().connected, { what: "the loss is noticed", withinMs: 5_000 });
    await capture(outbox, 100);
    await until(() => uplink.stats().lastError?.code === "CENTRE_UNREACHABLE", {
      what: "a failed attempt",
      withinMs: 5_000,
    });
    await broker.run();
    await drained(uplink, "the rest");
    expect(uplink.stats().reconnects).toBeGreaterThan(0);
    expect(centre.stored(gw)).toEqual({ records: 201, whole: true });
  });

  it("sends again what was not answered; duplicates are stored once", async () => {
    const { gw, centre, outbox, start } = await world();
    const sent = () => centre.batches.reduce((sum, { count }) => sum + count, 0);
    let fullAnswers = 0;
    // Of the first sending nobody hears anything: neither a receipt nor, later, a full receipt.
    centre.answer = (draft, payload) => {
      const isFirstFull = draft.type === "full" && fullAnswers++ === 0;
      return isFirstFull || sent() > 201 ? [payload, payload] : [];
    };
    const uplink = start({ limits: impatient });
    await capture(outbox, 200);
    await drained(uplink, "everything");
    expect(sent()).toBeGreaterThan(201);
    expect(centre.stored(gw)).toEqual({ records: 201, whole: true });
  });

  it("believes nobody but the pinned receipt key, and no hash but its own", async () => {
    const { gw, centre, start } = await world();
    const answers: object[] = [];
    centre.answer = (draft, payload) => {
      if (draft.type !== "receipt") return [payload];
      answers.push(draft);
      return [];
    };
    const uplink = start();
    await centre.when(() => centre.states.length > 0);
    await until(() => uplink.stats().ready, { what: "ready", withinMs: 5_000 });
    await centre.when(() => answers.length > 0);
    const pending = uplink.stats().pending;
    const receipt = { ...answers[0], at: "2026-11-25T08:00:00.000Z" };
    await centre.say(gw, receipt, signerFromPem(generateSigningKey()));
    await centre.say(gw, receipt, centre.receipts, "gw-of-others");
    await centre.say(gw, { ...receipt, type: "unheard-of" });
    const command = encodeSigned(signedTags.command, gw, receipt, centre.receipts);
    await centre.publishRaw(topics.receipt(gw), command);
    await centre.publishRaw(topics.receipt(gw), Buffer.from("noise"));
    await until(() => uplink.stats().refusedDownlinks === 5, { what: "five refusals", withinMs: 5_000 });
    expect(uplink.stats().pending).toBe(pending);
    // Well signed, but over another chain.
    await centre.say(gw, { ...receipt, ranges: [[1, 1, "0".repeat(64)]] });
    await until(() => uplink.stats().lastReceiptAt === receipt.at, {
      what: "the false receipt is read",
      withinMs: 5_000,
    });
    expect(uplink.stats().pending).toBe(pending);
    await centre.say(gw, receipt);
    await until(() => uplink.stats().pending < pending, { what: "the true receipt counts", withinMs: 5_000 });
  });

  it("frees under the confirmed generation only, and says what is gone when the centre lost it", async () => {
    const { gw, centre, dir, identity, outbox, start } = await world();
    let isConfirming = false;
    centre.answer = (draft, payload) => (draft.type === "full" && !isConfirming ? [] : [payload]);
    const uplink = start({ limits: impatient, minFreeBytes: Number.POSITIVE_INFINITY });
    await capture(outbox, 3_000);
    const segments = outbox.stats().segments;
    expect(segments).toBeGreaterThan(6);
    // Live records are receipted meanwhile; without a full receipt that counts for nothing.
    await centre.when(() => centre.states.length >= 3);
    expect(uplink.stats().freedRecords).toBe(0);
    isConfirming = true;
    await drained(uplink, "everything");
    await until(() => outbox.stats().segments <= 2, { what: "segments are freed", withinMs: 15_000 });
    const freed = uplink.stats().freedRecords;
    expect(freed).toBeGreaterThan(0);
    expect(centre.stored(gw)).toEqual({ records: 3_001, whole: true });
    // The gateway starts anew, and the centre comes back without its ledger.
    await uplink.close();
    await outbox.close();
    centre.loseLedger("b".repeat(32));
    const reopened = await smallOutbox(dir, identity);
    undo.push(() => reopened.close());
    await drained(start({ outbox: reopened }), "what is left, again");
    await centre.when(() => centre.ledger.gaps(gw, outbox.line).some(({ from }) => from === 1));
    expect(centre.gone[0]).toMatchObject({ from: 1, reason: "freed", receipt: { gen: "a".repeat(32) } });
    // Every record is there or named as gone: nothing is missing without a word.
    const named = () => centre.ledger.gaps(gw, outbox.line).reduce((sum, { from, to }) => sum + to - from + 1, 0);
    await centre.when(() => centre.stored(gw).records + named() === 3_002);
    expect(named()).toBeGreaterThanOrEqual(freed);
    expect(centre.faults).toEqual([]);
  });

  it("lets a fresh record pass a backlog of thousands, in bounded memory", async () => {
    const { gw, centre, outbox, start } = await world();
    await capture(outbox, 6_000);
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    centre.before = ({ lane }) => (lane === "backlog" ? gate : Promise.resolve());
    const uplink = start();
    await centre.when(() => centre.batches.filter(({ lane }) => lane === "backlog").length >= 4);
    await capture(outbox, 1, true);
    const fresh = 6_002;
    await centre.when(() => centre.ledger.digest(gw, outbox.line, fresh) !== undefined);
    // The whole backlog still stands at the gate, and no more of it is under way than the window allows.
    expect(uplink.stats().pending).toBeGreaterThanOrEqual(6_000);
    expect(centre.batches.filter(({ lane }) => lane === "backlog")).toHaveLength(4);
    expect(uplink.stats().inFlight).toBeLessThanOrEqual(8);
    release();
    await drained(uplink, "the backlog");
    expect(centre.stored(gw)).toEqual({ records: 6_002, whole: true });
    expect(Math.max(...centre.batches.map(({ bytes }) => bytes))).toBeLessThan(256 * 1024);
  });

  it("shows alarms at once and unsettled values only while connected", async () => {
    const { centre, outbox, start } = await world();
    const uplink = start();
    uplink.publishLive("scale-1", { value: "0.5" });
    expect(uplink.stats().liveDropped).toBe(1);
    await drained(uplink, "the start");
    uplink.setAlarm("OUTBOX_FULL", "no room");
    uplink.setAlarm("OUTBOX_FULL", "no room");
    await centre.when(() => centre.states.some(({ alarms }) => alarms[0]?.code === "OUTBOX_FULL"));
    uplink.clearAlarm("OUTBOX_FULL");
    await centre.when(() => centre.states.at(-1)?.alarms.length === 0);
    uplink.publishLive("scale-1", { value: "1.5" });
    await centre.when(() => centre.live.length > 0);
    expect(centre.live).toEqual([{ device: "scale-1", text: '{"value":"1.5"}' }]);
    expect(outbox.stats().health.state).toBe("ok");
  });

  it("says good-bye, and ends in time when nobody listens", async () => {
    const first = await world();
    const uplink = first.start();
    await drained(uplink, "the start");
    await uplink.close();
    await first.centre.when(() => first.centre.states.at(-1)?.online === false);
    const second = await world();
    const other = second.start();
    await drained(other, "the start");
    broker.freeze(true);
    undo.push(async () => broker.freeze(false));
    await other.close();
    expect(other.stats().connected).toBe(false);
    broker.freeze(false);
  });

  it("is refused with a wrong credential, says so, and does not storm", async () => {
    const { identity, start } = await world();
    const wrong = Object.defineProperty({ ...identity }, "credential", { value: "not it" });
    const uplink = start({ identity: wrong });
    await until(() => uplink.stats().lastError?.code === "CENTRE_REFUSED", { what: "refused", withinMs: 5_000 });
    expect(uplink.stats()).toMatchObject({ connected: false, reconnects: 0 });
  });

  it("sends nothing to a server of another authority", async () => {
    const { centre, identity, start } = await world();
    const other = new TestAuthority(`${base.dir}/other`);
    const uplink = start({
      identity: Object.defineProperty({ ...identity, caPem: other.issued.pem }, "credential", { value: "x" }),
    });
    await until(() => uplink.stats().lastError?.code === "CENTRE_UNTRUSTED", { what: "distrust", withinMs: 5_000 });
    expect(centre.states).toEqual([]);
  });

  it("takes a new connection under its name when the outbox opens another line", async () => {
    const { gw, centre, dir, identity, outbox, start } = await world();
    const swap = { present: outbox, listeners: new Set<Parameters<Outbox["onCommit"]>[0]>() };
    const swapping: Outbox = new Proxy(outbox, {
      get: (_target, key) => {
        if (key === "onCommit") {
          return (listener: Parameters<Outbox["onCommit"]>[0]) => {
            swap.listeners.add(listener);
            return () => swap.listeners.delete(listener);
          };
        }
        const value = Reflect.get(swap.present, key);
        return typeof value === "function" ? value.bind(swap.present) : value;
      },
    });
    await capture(outbox, 20);
    const uplink = start({ outbox: swapping });
    await drained(uplink, "the first line");
    await outbox.close();
    swap.present = await smallOutbox(dir, identity);
    undo.push(() => swap.present.close());
    const { line } = swap.present;
    for (const tell of swap.listeners) tell({ line, first: 1, last: 1, h: "", bytes: 100, urgent: [] });
    await centre.when(() => centre.states.some((state) => state.line.eid === line.eid));
    await drained(uplink, "the second line");
    expect(lineKey(uplink.line)).toBe(lineKey(line));
    expect(centre.stored(gw)).toEqual({ records: 22, whole: true });
    expect(uplink.stats().reconnects).toBe(1);
  });
});
