import { createHash } from "node:crypto";
import { encodeRecord, isCode, type MingchengRecord } from "@mingcheng/protocols";
import type { Bilingual } from "../../alerts/alert.ts";
import { decodeLedgerRecord } from "../../cursor/decoded-record.ts";
import { FollowerRunner } from "../../cursor/follower-runner.ts";
import { LedgerFeed } from "../../cursor/ledger-feed.ts";
import { decodeKinds } from "../decode-kinds.ts";
import type { GatewayState } from "../gateway-state.ts";
import { RegisterPlaces } from "../places/register-places.ts";
import type { AlertRule } from "../rule.ts";
import type { Pushed, RuleCase } from "./case-schema.ts";
import { bodyOf } from "./sample-bodies.ts";
import { sampleRegister } from "./sample-market.ts";
import { TrialLedger } from "./trial-ledger.ts";
import { type TrialEvent, TrialRun } from "./trial-run.ts";

/** Why a case failed, in a few lines. Empty: it passed. */
export interface CaseOutcome {
  readonly name: string;
  readonly faults: readonly Bilingual[];
}

type PushedRecord = Extract<Pushed, { readonly kind: string }>;
type PushedGateway = Exclude<Pushed, PushedRecord>;
type Step =
  | { readonly atMs: number; readonly pushed: PushedRecord }
  | { readonly atMs: number; readonly gateway: PushedGateway };

const hourMs = 3_600_000;
const boot = "case-boot";

const stepsOf = ({ start, push }: RuleCase): Step[] => {
  const startMs = Date.parse(start);
  return push
    .flatMap((pushed): Step[] =>
      "gateway" in pushed
        ? [{ atMs: startMs + pushed.at, gateway: pushed }]
        : Array.from({ length: pushed.times }, (_, index) => ({
            atMs: startMs + pushed.at + index * pushed.every,
            pushed,
          })),
    )
    .toSorted((a, b) => a.atMs - b.atMs);
};

/** Pushes records into a ledger in memory, as gateways do. */
class CaseLedger {
  readonly ledger = new TrialLedger();
  readonly faults: Bilingual[] = [];
  #seq = 0;

  push({ pushed, atMs }: Extract<Step, { readonly pushed: PushedRecord }>): void {
    const seq = ++this.#seq;
    const { gw, dev, kind, ago, line, body } = pushed;
    const madeMs = atMs - ago;
    const salt = createHash("sha256").update(`case ${seq}`).digest("hex").slice(0, 32);
    // One boot per gateway, whose clock is right: late records are late, not wrong.
    const t = { wall: new Date(madeMs).toISOString(), mono_ms: madeMs, boot, sync: "ntp", err_ms: 10 } as const;
    const eid = createHash("sha256").update(`${gw} ${line}`).digest("hex").slice(0, 32);
    const record: MingchengRecord = {
      ...{ v: 1, gw, ep: 1, eid, seq, dev, n: seq, kind, t, salt, body: bodyOf(kind, body), raw: "" },
    };
    const received = { receivedMs: atMs, lane: "live", lineStatus: line } as const;
    this.ledger.push({ gw, ep: 1, eid, seq, bytes: encodeRecord(record), ...received });
    const [pushedLast] = this.ledger.readAfter(this.ledger.head() - 1, 1);
    const content = pushedLast === undefined ? undefined : decodeLedgerRecord(pushedLast).content;
    if (content?.type !== "unreadable") return;
    const en = `a ${kind} that is pushed is no record: ${content.reason}`;
    const zh = `推送的 ${kind} 不是正确的记录：${content.reason}`;
    if (!this.faults.some((fault) => fault.en === en)) this.faults.push({ zh, en });
  }
}

const stateOf = ({ gateway }: PushedGateway, offlineSeconds: number): GatewayState => {
  const { online, alarms, disputedLines, gaps, pending, diskFreeMegabytes } = gateway;
  return {
    ...{ online, offlineSeconds, alarms, diskFreeMegabytes },
    ...{ disputedLines: BigInt(disputedLines), gaps: BigInt(gaps), pending: BigInt(pending) },
  };
};

const play = (
  rules: readonly AlertRule[],
  one: RuleCase,
): { readonly events: TrialEvent[]; readonly faults: Bilingual[] } => {
  const startMs = Date.parse(one.start);
  const register = sampleRegister(one.timezone, one.register);
  const said = new Map<string, { readonly pushed: PushedGateway; readonly atMs: number }>();
  const gateways = {
    read: (nowMs: number) =>
      new Map([...said].map(([gw, { pushed, atMs }]) => [gw, stateOf(pushed, (nowMs - atMs) / 1000)] as const)),
  };
  const places = new RegisterPlaces(register, one.timezone);
  const source = new CaseLedger();
  const trial = new TrialRun({ rules, places, gateways, ledger: source.ledger, startMs });
  const feed = new LedgerFeed(source.ledger, decodeKinds(trial.follower.kinds));
  const runner = new FollowerRunner(trial.database, feed, trial.follower);
  const steps = stepsOf(one);
  for (const step of steps) {
    trial.advance(step.atMs);
    if ("gateway" in step) said.set(step.gateway.gw, { pushed: step.gateway, atMs: step.atMs });
    else {
      source.push(step);
      while (runner.step(100).taken > 0);
    }
  }
  const lastMs = steps.at(-1)?.atMs ?? startMs;
  trial.advance(one.until === undefined ? lastMs + hourMs : startMs + one.until);
  const events = trial.events();
  trial.close();
  register.close();
  return { events, faults: source.faults };
};

/** A case whose register cannot be is a case that failed: the others are played all the same. */
const played = (...of: Parameters<typeof play>): ReturnType<typeof play> => {
  try {
    return play(...of);
  } catch (error) {
    if (!isCode(error, "RULE_INVALID")) throw error;
    const { message } = error as Error;
    return { events: [], faults: [{ zh: `登记册 register：${message}`, en: `register: ${message}` }] };
  }
};

const offset = (ms: number): string => {
  const seconds = Math.round(ms / 1000);
  const parts = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60), seconds % 60] as const;
  return (
    ["h", "m", "s"].flatMap((unit, index) => (parts[index] === 0 ? [] : [`${parts[index]}${unit}`])).join("") || "0s"
  );
};

const labelText = (labels: Readonly<Record<string, string>>): string => JSON.stringify(labels);

type Wanted = RuleCase["want"][number];

const isWanted = ({ state, labels, between, ...wanted }: Wanted, event: TrialEvent, startMs: number): boolean => {
  const { late = event.late, told = event.told } = wanted;
  const afterMs = event.atMs - startMs;
  const inTime = afterMs >= between[0] && afterMs <= between[1];
  const same = Object.entries(labels).every(([name, value]) => event.labels[name] === value);
  return event.state === state && inTime && same && late === event.late && told === event.told;
};

/** What happened and was not wanted, and what was wanted and did not happen. Every wanted event takes one that happened. */
const compare = ({ want, start }: RuleCase, events: readonly TrialEvent[]): Bilingual[] => {
  const startMs = Date.parse(start);
  const left = [...events];
  const faults: Bilingual[] = [];
  for (const wanted of want) {
    for (let count = 0; count < wanted.count; count++) {
      const at = left.findIndex((event) => isWanted(wanted, event, startMs));
      if (at >= 0) left.splice(at, 1);
      else {
        const [from, to] = wanted.between;
        const labels = labelText(wanted.labels);
        faults.push({
          zh: `应有而没有：${wanted.state}，${offset(from)} 至 ${offset(to)} ${labels}`,
          en: `wanted: ${wanted.state} between ${offset(from)} and ${offset(to)} ${labels}`,
        });
        break;
      }
    }
  }
  for (const { state, atMs, labels, late, reason } of left) {
    const when = offset(atMs - startMs);
    faults.push({
      zh: `不应有：${when} ${state}${late ? "，迟到" : ""}（${reason}）${labelText(labels)}`,
      en: `not wanted: ${state} at ${when}${late ? ", late" : ""} (${reason}) ${labelText(labels)}`,
    });
  }
  return faults;
};

/**
 * Plays a case against its rule, with the rules that can inhibit it, and compares what happened with what was wanted.
 * `all`: the rules that the rule's own is taken from.
 */
export const runCase = (all: readonly AlertRule[], rule: AlertRule, one: RuleCase): CaseOutcome => {
  const sources = new Set(rule.inhibitedBy.map((inhibition) => inhibition.rule));
  const rules = all.filter(({ id }) => id === rule.id || sources.has(id));
  const { events, faults } = played(rules, one);
  const own = events.filter((event) => event.rule === rule.id || event.rule === "rule-broken");
  return { name: one.name, faults: [...faults, ...compare(one, own)] };
};
