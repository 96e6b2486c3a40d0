import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { closeAlert } from "../alerts/alert-actions.ts";
import { AlertReader } from "../alerts/alert-reader.ts";
import { AlertStore, type NewAlert } from "../alerts/alert-store.ts";
import { alertsMigrations } from "../alerts/alerts-database.ts";
import { openForWriting, type SqliteDatabase } from "../store/database.ts";
import { backoffMs } from "./backoff.ts";
import type { Channel, Delivery, Outgoing } from "./channel.ts";
import { Dispatcher } from "./dispatcher.ts";
import type { RoomLimits } from "./room-pace.ts";

const minute = 60_000;
const day = 24 * 60 * minute;

let directory: string;
let database: SqliteDatabase;
let nowMs: number;
let timers: { task: () => void; atMs: number }[];
const open: Dispatcher[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "mc-dispatch-"));
  database = openForWriting({ path: join(directory, "alerts.db"), migrations: alertsMigrations });
  nowMs = Date.parse("2026-11-23T06:05:00Z");
  timers = [];
});

afterEach(async () => {
  await Promise.all(open.splice(0).map((dispatcher) => dispatcher.close()));
  database.close();
  rmSync(directory, { recursive: true });
});

/** A receiver that answers as told, and holds what it is not told about yet. */
class ScriptedChannel implements Channel {
  readonly reach = "room";
  readonly name: string;
  readonly gathers?: RoomLimits;
  readonly got: Outgoing[] = [];
  readonly #answers: (Delivery | Error | "hold")[];
  readonly #waiting: ((delivery: Delivery) => void)[] = [];

  constructor(name: string, answers: (Delivery | Error | "hold")[] = [], gathers?: RoomLimits) {
    this.name = name;
    this.#answers = answers;
    if (gathers !== undefined) this.gathers = gathers;
  }

  send(outgoing: Outgoing, signal: AbortSignal): Promise<Delivery> {
    this.got.push(outgoing);
    const answer = this.#answers.shift() ?? { type: "sent", outcome: "ok" };
    if (answer instanceof Error) return Promise.reject(answer);
    if (answer !== "hold") return Promise.resolve(answer);
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      signal.addEventListener("abort", () => resolve({ type: "failed", outcome: "stopped", lost: true }));
    });
  }

  release(): void {
    this.#waiting.shift()?.({ type: "sent", outcome: "ok" });
  }
}

const failed = (outcome = "HTTP 500", lost = false): Delivery => ({ type: "failed", outcome, lost });

let settled: () => void = () => undefined;
const start = (...channels: Channel[]): Dispatcher => {
  const dispatcher = new Dispatcher({
    database,
    channels,
    nowMs: () => nowMs,
    random: () => 0.999,
    later: (task, afterMs) => {
      const timer = { task, atMs: nowMs + afterMs };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    onSettled: () => settled(),
    onFault: (error) => {
      throw error;
    },
  });
  database.transaction(() => dispatcher.start())();
  open.push(dispatcher);
  return dispatcher;
};
/** Resolves when `count` outcomes have been written after `act`. */
const settling = (count: number, act: () => void): Promise<void> =>
  new Promise((resolve) => {
    let left = count;
    settled = () => {
      left--;
      if (left === 0) resolve();
    };
    act();
  });
const wait = (ms: number): void => {
  nowMs += ms;
  for (const timer of timers.filter(({ atMs }) => atMs <= nowMs)) {
    timers = timers.filter((other) => other !== timer);
    timer.task();
  }
};

const raise = (id: string): void => {
  const text = { zh: "快检阳性", en: "Positive" };
  const alert: NewAlert = {
    ...{ id, rule: "test-positive", groupKey: `{"specimen":"${id}"}`, labels: { specimen: id }, severity: "attention" },
    ...{ title: text, next: text, runbook: "test-positive", owner: "role:inspector", ownerReason: "rule" },
    ...{ gw: "market-a", dev: "tester-1", lsn: 7, late: false, startedMs: nowMs, openedMs: nowMs },
  };
  database.transaction(() => {
    new AlertStore(database).open(alert, { to: "firing", reason: "condition-met", atMs: nowMs });
  })();
};
const close = (id: string): void => {
  closeAlert(database, { id, by: "li", nowMs, result: "destroyed", evidence: "record 8" });
};
const history = (id: string) =>
  new AlertReader(database).get(id)?.history.map(({ reason, detail }) => [reason, detail["outcome"] ?? ""]);
const queueStates = (): unknown[] =>
  database.prepare("SELECT state, attempts FROM notification ORDER BY position").raw().all();

describe("notifications", () => {
  it("go out once to every channel, with what the alert was, and are in its history", async () => {
    const console = new ScriptedChannel("console");
    const hook = new ScriptedChannel("duty-room");
    const dispatcher = start(console, hook);
    raise("a1");
    await settling(2, () => dispatcher.wake());
    dispatcher.wake();
    expect([console.got.length, hook.got.length]).toEqual([1, 1]);
    const { body, json } = hook.got[0] as Outgoing;
    expect(JSON.parse(json)).toEqual(body);
    expect(body).toMatchObject({
      v: 1,
      status: "firing",
      alert: { id: "a1", state: "firing", labels: { specimen: "a1" } },
    });
    expect(history("a1")).toEqual([
      ["condition-met", ""],
      ["notified", "ok"],
      ["notified", "ok"],
    ]);
    expect(dispatcher.ended()).toMatchObject({ sent: 2 });
  });

  it("are tried again under the same id, with growing patience, until they are through", async () => {
    const hook = new ScriptedChannel("duty-room", [failed(), failed("timeout", true), new Error("broken"), failed()]);
    const dispatcher = start(hook);
    raise("a1");
    await settling(1, () => dispatcher.wake());
    for (const ms of [1_000, 2_000, 4_000, 8_000]) {
      wait(ms - 2);
      const before = hook.got.length;
      await settling(1, () => wait(2));
      expect(hook.got.length).toBe(before + 1);
    }
    expect(new Set(hook.got.map(({ body }) => body.id)).size).toBe(1);
    expect(hook.got.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4, 5]);
    expect(new Set(hook.got.map(({ json }) => json)).size).toBe(1);
    expect(history("a1")).toEqual([
      ["condition-met", ""],
      ["notify-retrying", "HTTP 500"],
      ["notify-retrying", "timeout, answer lost"],
      ["notify-retrying", "channel: broken, answer lost"],
      ["notified", "ok"],
    ]);
  });

  it("are given up when refused, at the deadline, and when their channel is gone", async () => {
    const hook = new ScriptedChannel("duty-room", [{ type: "refused", outcome: "HTTP 404" }, failed(), failed("last")]);
    const dispatcher = start(hook);
    raise("a1");
    await settling(1, () => dispatcher.wake());
    expect(history("a1")?.at(-1)).toEqual(["notify-refused", "HTTP 404"]);
    raise("a2");
    await settling(1, () => dispatcher.wake());
    await settling(1, () => wait(day));
    expect(history("a2")?.at(-1)).toEqual(["notify-expired", "last"]);
    raise("a3");
    await dispatcher.close();
    start(new ScriptedChannel("other"));
    expect(history("a3")?.at(-1)).toEqual(["notify-dropped", "the channel is not configured any more"]);
  });

  it("of one channel never wait for another one that is dead", async () => {
    const dead = new ScriptedChannel(
      "dead",
      Array.from({ length: 9 }, () => "hold" as const),
    );
    const alive = new ScriptedChannel("alive");
    const dispatcher = start(dead, alive);
    for (let index = 0; index < 9; index++) raise(`a${index}`);
    await settling(9, () => dispatcher.wake());
    expect(alive.got).toHaveLength(9);
    expect(dead.got).toHaveLength(4);
  });

  it("never tell the end of an alert before its beginning", async () => {
    const hook = new ScriptedChannel("duty-room", [failed()]);
    const dispatcher = start(hook);
    raise("a1");
    await settling(1, () => dispatcher.wake());
    close("a1");
    dispatcher.wake();
    expect(hook.got).toHaveLength(1);
    await settling(2, () => wait(1_000));
    expect(hook.got.map(({ body }) => body.status)).toEqual(["firing", "firing", "resolved"]);
    expect(hook.got.at(-1)?.body.alert).toMatchObject({ state: "closed" });
  });

  it("that were under way at a stop are sent again under the same id, marked as a further attempt", async () => {
    const hook = new ScriptedChannel("duty-room", ["hold", "hold"]);
    const first = start(hook);
    raise("a1");
    first.wake();
    await first.close();
    expect(queueStates()).toEqual([["queued", 1]]);
    // A crash instead of a stop: nothing is written after the attempt was begun.
    const crashed = start(hook);
    nowMs += minute;
    crashed.wake();
    const again = new ScriptedChannel("duty-room");
    const last = start(again);
    await settling(1, () => last.wake());
    expect(again.got[0]?.attempt).toBe(3);
    expect(again.got[0]?.body.id).toBe(hook.got[0]?.body.id);
  });

  it("are not sent a second time because their outcome could not be written at once", async () => {
    const hook = new ScriptedChannel("duty-room", ["hold"]);
    const faults: unknown[] = [];
    const dispatcher = new Dispatcher({
      database,
      channels: [hook],
      nowMs: () => nowMs,
      random: () => 0,
      later: (task, afterMs) => {
        timers.push({ task, atMs: nowMs + afterMs });
        return () => undefined;
      },
      onSettled: () => settled(),
      onFault: (error) => faults.push(error),
    });
    open.push(dispatcher);
    database.transaction(() => dispatcher.start())();
    raise("a1");
    dispatcher.wake();
    database.pragma("query_only = ON");
    hook.release();
    await new Promise((resolve) => setImmediate(resolve));
    expect(faults).toHaveLength(1);
    database.pragma("query_only = OFF");
    await settling(1, () => wait(1_000));
    expect(hook.got).toHaveLength(1);
    expect(queueStates()).toEqual([["sent", 1]]);
  });

  it("of one channel are tried again in their time while another one is busy with all it takes", async () => {
    const slow = new ScriptedChannel("slow", ["hold", "hold", "hold", "hold"]);
    const failing = new ScriptedChannel("failing", [failed()]);
    const dispatcher = start(slow, failing);
    for (const id of ["a1", "a2", "a3", "a4", "a5"]) raise(id);
    await settling(5, () => dispatcher.wake());
    expect(failing.got).toHaveLength(5);
    expect(slow.got).toHaveLength(4);
    await settling(1, () => wait(1_000));
    expect(failing.got).toHaveLength(6);
  });

  it("spread their attempts over the whole of a doubling span", () => {
    expect([1, 2, 3, 7, 20].map((attempt) => backoffMs(attempt, 1))).toEqual([1_000, 2_000, 4_000, 60_000, 60_000]);
    expect(backoffMs(5, 0)).toBe(0);
  });
});

describe("a room that takes a few messages a minute", () => {
  const limits = { alone: 3, withinMs: minute, everyMs: 10_000 } as const;
  const toldBy = ({ body, together }: Outgoing): string[] => (together ?? [{ body }]).map((one) => one.body.alert.id);
  /** Lets time pass, and what is sent settle. */
  const pass = async (ms: number): Promise<void> => {
    for (let past = 0; past < ms; past += 1_000) {
      wait(1_000);
      for (let turn = 0; turn < 12; turn++) await new Promise((resolve) => setImmediate(resolve));
    }
  };

  it("hears of few alerts singly, and of a flood in a bounded number of messages that name each alert once", async () => {
    const group = new ScriptedChannel("duty-group", [], limits);
    const dispatcher = start(group);
    raise("first");
    dispatcher.wake();
    await pass(2_000);
    expect(group.got.map(toldBy)).toEqual([["first"]]);
    expect(group.got[0]?.together).toBeUndefined();
    const ids = Array.from({ length: 250 }, (_, index) => `flood-${index}`);
    for (const id of ids.slice(0, 220)) raise(id);
    dispatcher.wake();
    await pass(15_000);
    for (const id of ids.slice(220)) raise(id);
    dispatcher.wake();
    await pass(45_000);
    expect(group.got.length).toBeLessThanOrEqual(1 + 6);
    expect(group.got.flatMap(toldBy).toSorted()).toEqual(["first", ...ids].toSorted());
    expect(history("flood-7")?.filter(([reason]) => reason === "notified")).toHaveLength(1);
    await pass(minute);
    raise("last");
    dispatcher.wake();
    await pass(1_000);
    expect(group.got.at(-1)).not.toHaveProperty("together");
  });

  it("hears the end of an alert behind its beginning, and of everything again that did not get through", async () => {
    const group = new ScriptedChannel("duty-group", [failed("HTTP 503")], limits);
    const dispatcher = start(group);
    for (const id of ["a1", "a2", "a3", "a4"]) raise(id);
    dispatcher.wake();
    await pass(1_000);
    expect(group.got.map(toldBy)).toEqual([["a1", "a2", "a3", "a4"]]);
    close("a1");
    dispatcher.wake();
    await pass(30_000);
    const said = group.got.flatMap(({ body, together }) => (together ?? [{ body }]).map((one) => one.body));
    expect(said.filter(({ alert }) => alert.id === "a1").map(({ status }) => status)).toEqual([
      ...["firing", "firing", "resolved"],
    ]);
    expect(queueStates().every((row) => (row as unknown[])[0] === "sent")).toBe(true);
  });
});
