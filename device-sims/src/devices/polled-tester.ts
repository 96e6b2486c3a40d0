import type { SimulatedTester, TesterParts, TesterResult } from "./tester.ts";

/** A result in the memory of a tester that is asked. */
export interface HeldResult {
  /** Number of the result within this device, from 1. */
  readonly number: number;
  readonly result: TesterResult;
}

/** Something the tester says, and which of its results that holds. */
export interface SaidPiece {
  readonly bytes: Uint8Array;
  readonly results?: readonly HeldResult[];
}

/** What one family of testers does when it is asked. */
export interface PolledModel {
  readonly protocol: string;
  /** What the tester calls the sample of a held result: only that can be found in a record. */
  specimenOf(held: HeldResult): string;
  /**
   * Answers to what was heard (it may come in pieces), and whether a new round of questions began with it: then whoever
   * asks has taken everything that was said before.
   */
  hear(
    bytes: Uint8Array,
    memory: readonly HeldResult[],
  ): { readonly said: readonly SaidPiece[]; readonly begins: boolean };
  /** A new connection: nothing of a question is left over. */
  forget?(): void;
}

/** The digits of an instrument's time `20240517093015`: year with two digits, month, day, hour, minute, second. */
export const momentOf = (completedAt: string): number[] => {
  const text = completedAt.padEnd(14, "0");
  return [2, 4, 6, 8, 10, 12].map((at) => Number(text.slice(at, at + 2)));
};

/** A value as an integer of the last of so many places; what is no number becomes `notAvailable`. */
export const scaledValue = (value: string, places: number, notAvailable: number): number => {
  const match = /^(\d+)(?:\.(\d+))?$/.exec(value);
  if (match === null) return notAvailable;
  return Number(`${match[1] ?? ""}${(match[2] ?? "").padEnd(places, "0").slice(0, places)}`);
};

/**
 * A tester that keeps every result and speaks only when asked. A result counts as acknowledged when the asker begins its
 * next round: until then it may not have stored it.
 */
export const startPolledTester = (model: PolledModel, { id, line, oracle }: TesterParts): SimulatedTester => {
  const memory: HeldResult[] = [];
  const said = new Set<number>();
  const waiting = new Set<number>();
  const acknowledged = new Set<number>();
  let watchers: (() => void)[] = [];

  const write = (event: "result-said" | "result-acknowledged", held: HeldResult) => {
    const { item, assay, value, unit, completedAt } = held.result;
    const about = { result: held.number, message: held.number, specimenId: model.specimenOf(held), item, assay, value };
    oracle.write({ event, device: id, protocol: model.protocol, ...about, unit, completedAt, atMs: oracle.wallMs() });
  };

  const say = ({ bytes, results = [] }: SaidPiece) => {
    for (const held of results) {
      if (!said.has(held.number)) write("result-said", held);
      said.add(held.number);
    }
    if (line.send(bytes)) for (const held of results) waiting.add(held.number);
  };

  const acknowledge = () => {
    for (const held of memory) {
      if (!waiting.has(held.number) || acknowledged.has(held.number)) continue;
      acknowledged.add(held.number);
      write("result-acknowledged", held);
    }
    waiting.clear();
    if (acknowledged.size === memory.length) for (const watcher of watchers.splice(0)) watcher();
  };

  line.listen({
    bytes: (bytes) => {
      const heard = model.hear(bytes, memory);
      if (heard.begins) acknowledge();
      for (const piece of heard.said) say(piece);
    },
    up: () => {
      model.forget?.();
      waiting.clear();
      oracle.write({ event: "line-up", device: id, atMs: oracle.wallMs() });
    },
    down: () => oracle.write({ event: "line-down", device: id, atMs: oracle.wallMs() }),
  });

  return {
    id,
    address: line.address,
    report: (results) => {
      for (const result of results) memory.push({ number: memory.length + 1, result });
    },
    drained: () =>
      acknowledged.size === memory.length ? Promise.resolve() : new Promise((resolve) => watchers.push(resolve)),
    queued: () => memory.length - acknowledged.size,
    stop: async () => {
      for (const watcher of watchers) watcher();
      watchers = [];
      await line.close();
    },
  };
};
