import { generateKeyPairSync } from "node:crypto";
import { type CommandBody, encodeSigned, MingchengError, signedTags } from "@mingcheng/protocols";
import { type Ack, type Command, type CommandBook, emptyBook } from "@mingcheng/protocols/commands";
import { describe, expect, it } from "vitest";
import { settle, TestClock } from "../../test/test-clock.ts";
import { generateSigningKey, signerFromPem } from "../crypto/signing-key.ts";
import { CommandDesk } from "./command-desk.ts";
import { type CommandOutcome, type CommandWork, done, unknown } from "./command-work.ts";

const gw = "market-a";
const centre = signerFromPem(generateSigningKey());
const own = signerFromPem(generateSigningKey());
const line = { gw, ep: 1, eid: "ab".repeat(16) };
const nowMs = 1_700_000_000_000;
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** What survives a process: the file and the chain. */
interface Disk {
  file: string;
  readonly records: CommandBody[];
  /** The next so many writes of the file, or records, fail. */
  refuseFile: number;
  refuseRecords: number;
}

const newDisk = (): Disk => ({ file: JSON.stringify(emptyBook), records: [], refuseFile: 0, refuseRecords: 0 });

const signed = (cseq: number, change: Partial<Command> = {}): Uint8Array => {
  const command: Command = {
    ...{ v: 1, gw, cseq, id: `order-${cseq}`, kind: "tare", by: "li", atMs: nowMs, ttlMs: 60_000 },
    body: { device: "scale-1" },
    ...change,
  };
  return encodeSigned(signedTags.command, gw, command, centre);
};

/**
 * One process of a gateway over a disk. `effect` is called when a command is carried out; after `lifetime` writes nothing of
 * it reaches the disk any more, and it comes no further.
 */
const processOver = (disk: Disk, effect: (command: Command) => CommandOutcome, lifetime = Number.POSITIVE_INFINITY) => {
  let writes = 0;
  const alive = async (): Promise<void> => {
    if (++writes > lifetime) await new Promise<never>(() => undefined);
  };
  const clock = new TestClock();
  const acks: Ack[] = [];
  const audits: string[] = [];
  let known = true;
  const work: CommandWork = {
    run: async (command) => effect(command),
    afterCrash: async ({ kind }) => (kind === "tare" ? unknown("restarted") : "again"),
  };
  const desk = new CommandDesk({
    identity: { gw, commandKey: centre.publicKey, signer: own as never },
    file: {
      load: async () => (disk.file === "damaged" ? null : (JSON.parse(disk.file) as CommandBook)),
      save: async (book) => {
        await alive();
        if (disk.refuseFile-- > 0) throw new Error("ENOSPC");
        disk.file = JSON.stringify(book);
      },
    },
    work: async () => work,
    log: quiet,
    clock: {
      wall: () => "2026-11-25T10:00:00.000+08:00",
      sleep: (ms, signal) => clock.sleep(ms, signal),
      best: () => (known ? { ms: nowMs + clock.nowMs(), errMs: 10 } : null),
    },
    store: async (kind, body) => {
      await alive();
      if (disk.refuseRecords-- > 0) throw new MingchengError("OUTBOX_FULL", "full");
      if (kind === "command") disk.records.push(body as CommandBody);
      else audits.push(String(body["action"]));
      return { line, seq: disk.records.length, h: "" };
    },
    recall: async () => disk.records,
    send: (_topic, payload) => {
      const text = Buffer.from(payload).toString("utf8");
      acks.push(JSON.parse(text.slice(0, text.lastIndexOf("\n"))) as Ack);
      return true;
    },
    onChanged: () => undefined,
  });
  return {
    ...{ desk, acks, audits, clock },
    receive: async (message: Uint8Array) => {
      desk.receive(message);
      for (let turn = 0; turn < 8; turn++) await settle();
    },
    clockIsKnown: (isKnown: boolean) => {
      known = isKnown;
    },
    outcomes: () => acks.map(({ cseq, outcome, reason }) => `${cseq} ${outcome}${reason === null ? "" : ` ${reason}`}`),
  };
};

describe("the desk of commands", () => {
  it("stores before it acknowledges, and has the result in the chain before it answers", async () => {
    const disk = newDisk();
    const seen: string[] = [];
    const running = processOver(disk, () => {
      const [entry] = (JSON.parse(disk.file) as CommandBook).entries;
      seen.push(`${entry?.stage} on disk, ${disk.records.length} records, ${running.outcomes().join()}`);
      return done("ok");
    });
    await running.desk.open();
    await running.receive(signed(1));
    expect(seen).toEqual(["begun on disk, 0 records, 1 accepted"]);
    expect(running.outcomes()).toEqual(["1 accepted", "1 done"]);
    expect(running.acks.at(-1)?.record).toEqual({ ep: 1, eid: line.eid, seq: 1 });
    expect(disk.records).toEqual([{ id: "order-1", cseq: 1, kind: "tare", by: "li", outcome: "done", result: "ok" }]);
    await running.receive(signed(1));
    expect(running.acks.at(-1)).toEqual(running.acks.at(-2));
    expect(disk.records).toHaveLength(1);
  });

  it.each([
    [0, "done"],
    [1, "done"],
    [2, "unknown"],
    [3, "done"],
    [4, "done"],
  ])("killed after write %i it does nothing twice, and leaves one record", async (writes, outcome) => {
    const disk = newDisk();
    let effects = 0;
    const effect = (): CommandOutcome => {
      effects++;
      return done("ok");
    };
    const first = processOver(disk, effect, writes);
    await first.desk.open();
    await first.receive(signed(1));
    const second = processOver(disk, effect);
    await second.desk.open();
    await second.receive(signed(1));
    expect(effects).toBe(1);
    expect(second.acks.at(-1)?.outcome).toBe(outcome);
    expect(disk.records.map((record) => [record.cseq, record.outcome])).toEqual([[1, outcome]]);
  });

  it("takes nothing while the disk takes nothing, and takes it when it is sent again", async () => {
    const disk = newDisk();
    const running = processOver(disk, () => done("ok"));
    await running.desk.open();
    disk.refuseFile = 1;
    await running.receive(signed(1));
    expect(running.outcomes()).toEqual(["1 waiting not-stored"]);
    await running.receive(signed(1));
    expect(running.outcomes().slice(1)).toEqual(["1 accepted", "1 done"]);
  });

  it("answers only when the record could be written, however long that takes", async () => {
    const disk = newDisk();
    const running = processOver(disk, () => done("ok"));
    await running.desk.open();
    disk.refuseRecords = 2;
    await running.receive(signed(1));
    expect(running.outcomes()).toEqual(["1 accepted"]);
    for (let second = 0; second < 3; second++) {
      running.clock.advance(1_000);
      for (let turn = 0; turn < 8; turn++) await settle();
    }
    expect(running.outcomes()).toEqual(["1 accepted", "1 done"]);
  });

  it("says that it does not know the time instead of guessing", async () => {
    const running = processOver(newDisk(), () => done("ok"));
    await running.desk.open();
    running.clockIsKnown(false);
    await running.receive(signed(1));
    running.clockIsKnown(true);
    await running.receive(signed(1));
    expect(running.outcomes()).toEqual(["1 waiting clock-unknown", "1 accepted", "1 done"]);
  });

  it("tells in the chain of messages that were refused, at the first and at every tenfold", async () => {
    const disk = newDisk();
    const running = processOver(disk, () => done("ok"));
    await running.desk.open();
    const { privateKey } = generateKeyPairSync("ed25519");
    const stranger = signerFromPem(privateKey.export({ format: "pem", type: "pkcs8" }).toString());
    const forged = encodeSigned(signedTags.command, gw, { v: 1 }, stranger);
    for (let time = 0; time < 25; time++) await running.receive(forged);
    expect(running.outcomes()).toHaveLength(25);
    expect(running.audits).toEqual(["command-refused: unknown-key", "command-refused: unknown-key"]);
    expect(disk.records).toEqual([]);
  });

  it("finds its place again from the chain when its file is damaged", async () => {
    const disk = newDisk();
    const first = processOver(disk, () => done("ok"));
    await first.desk.open();
    await first.receive(signed(7));
    disk.file = "damaged";
    const second = processOver(disk, () => done("ok"));
    await second.desk.open();
    expect(second.desk.cseq).toBe(7);
    await second.receive(signed(7));
    expect(second.outcomes()).toEqual(["7 refused replayed"]);
  });
});
