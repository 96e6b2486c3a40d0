import type { RecordView } from "@mingcheng/protocols";
import { beforeEach, describe, expect, it } from "vitest";
import { Cover } from "../../users/cover.ts";
import { EventHub } from "./event-hub.ts";
import { type EventSink, maxReplayed, maxUnreadBytes } from "./event-stream.ts";
import { LiveBoard } from "./live-board.ts";

const recordBytes = 1_000;

/** A reader whose socket takes nothing while it is stuck. */
class Reader implements EventSink {
  text = "";
  unread = 0;
  largestUnread = 0;
  stuck = false;
  ended: "no" | "soft" | "hard" = "no";

  write(text: string): void {
    this.text += text;
    if (this.stuck) this.unread += Buffer.byteLength(text);
    this.largestUnread = Math.max(this.largestUnread, this.unread);
  }

  unreadBytes(): number {
    return this.unread;
  }

  end(hard: boolean): void {
    this.ended = hard ? "hard" : "soft";
  }

  /** Names and ledger numbers of what came, then forgets it. */
  take(): string[] {
    const events = this.text.split("\n\n").flatMap((block) => {
      const name = /^event: (.*)$/m.exec(block)?.[1];
      if (name === undefined) return [];
      const data = JSON.parse(/^data: (.*)$/m.exec(block)?.[1] ?? "") as { lsn?: number; records?: RecordView[] };
      if (name === "records") return data.records?.map(({ lsn }) => String(lsn)) ?? [];
      return [data.lsn === undefined ? name : `${name} ${data.lsn}`];
    });
    this.text = "";
    return events;
  }
}

let head: number;
let nowMs: number;
let reads: number;
let hub: EventHub;
let stays: boolean;
let live: LiveBoard;

const viewOf = (lsn: number) => ({ lsn, raw: "x".repeat(recordBytes) }) as unknown as RecordView;

beforeEach(() => {
  head = 0;
  nowMs = 1_000;
  reads = 0;
  stays = true;
  live = new LiveBoard();
  hub = new EventHub({
    ...{ live, nowMs: () => nowMs, position: () => head, sees: () => true, refresh: () => "same" },
    recordsAfter: (after, limit) => {
      reads++;
      const lsn = Math.min(head, after + limit);
      return { lsn, records: Array.from({ length: lsn - after }, (_, index) => viewOf(after + 1 + index)) };
    },
  });
});

const open = (reader: Reader, from?: number, session = "s") =>
  hub.open(reader, { session, from, cover: () => (stays ? Cover.everything : undefined) });
const append = (count: number): void => {
  head += count;
  hub.pump();
};
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => String(from + index));

describe("a reader that does not read", () => {
  it("never holds more than its bound, keeps others waiting for nothing, and goes on where it was", () => {
    const [slow, quick] = [new Reader(), new Reader()];
    const stream = open(slow);
    open(quick);
    slow.stuck = true;
    for (let round = 0; round < 15; round++) append(100);
    expect(slow.largestUnread).toBeLessThan(maxUnreadBytes + 201 * (recordBytes + 100));
    expect(quick.take()).toEqual(["hello 0", ...range(1, 1_500)]);
    const before = slow.take();
    slow.stuck = false;
    slow.unread = 0;
    stream?.drained();
    expect([...before, ...slow.take()]).toEqual(["hello 0", ...range(1, 1_500)]);
  });

  it("is told to read everything again when it missed too much, or a change", () => {
    const slow = new Reader();
    const stream = open(slow);
    const release = () => {
      slow.unread = 0;
      slow.stuck = false;
      slow.take();
      stream?.drained();
      slow.stuck = true;
      return slow.take();
    };
    slow.stuck = true;
    append(maxReplayed);
    append(maxReplayed);
    expect(release()).toEqual([`reload ${2 * maxReplayed}`]);
    append(500);
    hub.changed(["gateways"]);
    expect(release()).toEqual([`reload ${head}`]);
  });

  it("is cut off in the end", () => {
    const slow = new Reader();
    open(slow);
    slow.stuck = true;
    append(1_000);
    hub.check();
    expect(slow.ended).toBe("no");
    nowMs += 31_000;
    hub.check();
    expect([slow.ended, hub.size, hub.pushedOut]).toEqual(["hard", 0, 1]);
  });

  it("gets no live values, which are lost to nobody else", () => {
    const [slow, quick] = [new Reader(), new Reader()];
    open(slow);
    open(quick);
    slow.stuck = true;
    append(1_000);
    slow.take();
    quick.take();
    const rest = { unit: "kg", mode: "net", stable: "unknown", tare: null, overload: false, underload: false };
    live.take("market-a", "scale-01", Buffer.from(JSON.stringify({ value: "1.0", ...rest })), nowMs);
    hub.pumpLive();
    expect(slow.take()).toEqual([]);
    expect(quick.take()).toEqual(["live"]);
  });
});

describe("many readers", () => {
  it("at the same place cost one reading of the store", () => {
    for (let index = 0; index < 100; index++) open(new Reader(), undefined, `session ${index}`);
    reads = 0;
    append(100);
    expect(reads).toBe(1);
  });

  it("are told to start over when the projections are made anew", () => {
    const reader = new Reader();
    head = 500;
    open(reader);
    head = 20;
    hub.pump();
    expect(reader.take()).toEqual(["hello 500", "reload 20"]);
    append(1);
    expect(reader.take()).toEqual(["21"]);
  });

  it("leave when their session has ended, whatever they have unread", () => {
    const reader = new Reader();
    open(reader);
    hub.check();
    expect(hub.size).toBe(1);
    stays = false;
    hub.check();
    expect(reader.take().at(-1)).toBe("signed-out");
    expect([reader.ended, hub.size]).toEqual(["soft", 0]);
  });
});

describe("live values", () => {
  it("are bounded in number, and old ones are not shown to who comes late", () => {
    const rest = { unit: "kg", mode: "net", stable: "unknown", tare: null, overload: false, underload: false };
    const take = (dev: string) =>
      live.take("market-a", dev, Buffer.from(JSON.stringify({ value: "1.0", ...rest })), nowMs);
    for (let index = 0; index < 20_100; index++) take(`scale-${index}`);
    expect(live.takeMoved().length).toBe(20_000);
    expect(live.takeMoved()).toEqual([]);
    take("bad name!");
    expect(live.refused).toBe(1);
    nowMs += 9_000;
    take("scale-1");
    nowMs += 5_000;
    expect(live.fresh(nowMs).map(({ dev }) => dev)).toEqual(["scale-1"]);
  });
});

describe("a wall", () => {
  const area = Cover.bounded({ areas: ["siming"], sites: [] });
  const openWall = (reader: Reader, wall: string | undefined, cover: Cover, from?: number) =>
    hub.open(reader, { session: `${wall} ${cover.key}`, from, cover: () => cover, wall, withRecords: false });

  it("is told only that there are records, holds its place, and gets no unsettled values", () => {
    const reader = new Reader();
    append(3);
    openWall(reader, "hall", Cover.everything, 1);
    append(700);
    hub.pumpLive();
    expect(reader.text).toContain('id: 703\nevent: records\ndata: {"lsn":703,"records":[]}');
    expect(reads).toBe(0);
    expect(Buffer.byteLength(reader.text)).toBeLessThan(500);
  });

  it("hears what is meant for its name, from those who see all that it shows", () => {
    const [hall, yard, other] = [new Reader(), new Reader(), new Reader()];
    openWall(hall, "hall", Cover.everything);
    openWall(yard, "yard", area);
    openWall(other, undefined, area);
    expect(hub.walls(Cover.everything)).toEqual([
      { name: "hall", screens: 1 },
      { name: "yard", screens: 1 },
    ]);
    expect(hub.walls(area)).toEqual([{ name: "yard", screens: 1 }]);
    const told = { by: "wang.li", act: { do: "scene", scene: 2 } } as const;
    expect(hub.tellWall("hall", area, told)).toBe(0);
    expect(hub.tellWall("yard", Cover.bounded({ areas: ["huli"], sites: [] }), told)).toBe(0);
    expect(hub.tellWall("hall", Cover.everything, told)).toBe(1);
    expect([hall, yard, other].map(({ text }) => text.includes('"scene":2'))).toEqual([true, false, false]);
  });
});
