import { tyEnd } from "@mingcheng/protocols/devices";
import type { HeldResult, PolledModel, SaidPiece } from "./polled-tester.ts";

/** What differs between the meters of this maker. */
export interface TyModel {
  readonly protocol: string;
  specimenOf(held: HeldResult): string;
  identified(): Uint8Array;
  /** The answer to the first request; `null`: the first record itself. */
  ready(): Uint8Array | null;
  record(held: HeldResult, first: boolean): Uint8Array;
}

const [escapeByte, identify, read, next] = [0x1b, 0xbf, 0xb1, 0x24];

/** A meter that is read record by record and says when there is no more. */
export const createTyModel = (model: TyModel): PolledModel => {
  let place = 0;
  let wasEscape = false;

  const say = (memory: readonly HeldResult[], first: boolean): SaidPiece => {
    const held = memory[place];
    if (held === undefined) return { bytes: tyEnd() };
    place++;
    return { bytes: model.record(held, first), results: [held] };
  };

  const command = (byte: number, memory: readonly HeldResult[]): SaidPiece[] => {
    if (byte === identify) return [{ bytes: model.identified() }];
    if (byte !== read) return [];
    place = 0;
    const ready = model.ready();
    return [ready === null ? say(memory, true) : { bytes: ready }];
  };

  return {
    protocol: model.protocol,
    specimenOf: (held) => model.specimenOf(held),
    hear: (bytes, memory) => {
      const said: SaidPiece[] = [];
      let begins = false;
      for (const byte of bytes) {
        if (wasEscape) {
          begins ||= byte === identify;
          said.push(...command(byte, memory));
        } else if (byte === next) said.push(say(memory, false));
        wasEscape = !wasEscape && byte === escapeByte;
      }
      return { said, begins };
    },
    forget: () => {
      wasEscape = false;
    },
  };
};
