import {
  encodeSigned,
  type GatewayHealth,
  keyLogHead,
  type LineOfGateway,
  type State,
  type StateCore,
  type StateLine,
  signedTags,
} from "@mingcheng/protocols";
import { nodeCrypto } from "../crypto/node-crypto.ts";
import type { KeyRing } from "../identity/key-ring.ts";
import type { OutboxLine } from "../outbox/outbox.ts";

/** Alarms shown at a time; a gateway with more has one problem, not thirty. */
const maxAlarms = 32;
const maxCodeChars = 64;
const maxDetailChars = 512;

/** What a state says beside what the uplink machine knows. */
export interface StateParts {
  readonly gw: string;
  readonly signer: KeyRing;
  readonly wall: () => string;
  readonly facts: () => { readonly cseq: number; readonly config: number };
  readonly health: () => GatewayHealth | undefined;
}

/** The lines of a state as the outbox knows them now. */
export const stateLines = (inventory: readonly OutboxLine[]): StateLine[] =>
  inventory
    .filter(({ head }) => head > 0)
    .map(({ ep, eid, head, held }) => ({ ep, eid, head, oldest: held[0]?.from ?? null }));

/** Keeps the alarms and writes signed states. */
export class StateWriter {
  private readonly parts: StateParts;
  private readonly alarms = new Map<string, State["alarms"][number]>();

  constructor(parts: StateParts) {
    this.parts = parts;
  }

  /** False when nothing changed: shown already with this detail, or no room. */
  setAlarm(code: string, detail: string): boolean {
    const known = this.alarms.get(code);
    const text = detail.slice(0, maxDetailChars);
    if (known?.detail === text || (known === undefined && this.alarms.size >= maxAlarms)) return false;
    const since = known?.since ?? this.parts.wall();
    this.alarms.set(code, { code: code.slice(0, maxCodeChars), since, detail: text });
    return true;
  }

  clearAlarm(code: string): boolean {
    return this.alarms.delete(code);
  }

  /** The signed state, as published on the line's state topic. */
  write(line: LineOfGateway, online: boolean, core: StateCore): Uint8Array {
    const { gw, signer, wall, facts, health } = this.parts;
    const { cseq, config } = facts();
    const well = online ? health() : undefined;
    const state: State = {
      v: 1,
      nonce: core.nonce,
      line: { ep: line.ep, eid: line.eid },
      online,
      lines: core.lines,
      keyHead: signer.log.length === 0 ? null : keyLogHead(nodeCrypto.sha256, signer.log),
      cseq,
      config,
      witness: core.witness,
      alarms: [...this.alarms.values()],
      ...(well === undefined ? {} : { health: well }),
      wall: wall(),
    };
    return encodeSigned(signedTags.state, gw, state, signer);
  }
}
