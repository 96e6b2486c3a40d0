import type { DutyTier } from "../../register/duty/on-duty.ts";

/** What a route asks of a tier, and until when. Milliseconds; null: no limit. */
export interface RouteStep {
  readonly tier: DutyTier;
  /** From being told to taking it over (签收). */
  readonly receiptMs: number | null;
  /** From taking it over to being on the spot (到场). */
  readonly arrivalMs: number | null;
  /** From being told to having handled it (处置). */
  readonly handlingMs: number | null;
}

/** Who gets a kind of alert, in which order, with which deadlines. */
export interface Route {
  readonly id: string;
  /** How the level is called: 日常, 一般, 重大. */
  readonly level: { readonly zh: string; readonly en: string };
  readonly match: {
    readonly severity: readonly ("notice" | "attention" | "alarm")[];
    /** Ids of rules; empty: every rule. */
    readonly rules: readonly string[];
    /** Labels and the values they must have. */
    readonly labels: Readonly<Record<string, string>>;
  };
  /** `digest`: gathered into one message a day. */
  readonly delivery: "at-once" | "digest";
  /** Tiers that are told together with the first one, without having to act. */
  readonly inform: readonly DutyTier[];
  /** From the nearest tier to the widest. */
  readonly path: readonly RouteStep[];
  /** Names of channels in the order in which they are tried; empty: those of the whole routing. */
  readonly channels: readonly string[];
  /** At the end of the path it is told again so often while nobody takes it over; null: once. */
  readonly repeatMs: number | null;
  /** Whether who was told is told when it is over by itself. */
  readonly tellEnd: boolean;
}

/** So many messages within so long. */
export interface MessageLimit {
  readonly messages: number;
  readonly withinMs: number;
}

/** Who is told of alerts, when, and how often at most. Plain data, from a routing file. */
export interface Routing {
  readonly name: { readonly zh: string; readonly en: string };
  /** Who has what nobody on duty has: an officer of the register, or a role at the screens. */
  readonly lastResort: { readonly officer: string | null; readonly role: string | null };
  /** Minutes of the local day in which only alarms are told; null: there are none. */
  readonly quietHours: { readonly fromMinute: number; readonly toMinute: number } | null;
  readonly digest: {
    /** Minute of the local day. */
    readonly atMinute: number;
    /** Tiers that hear every day, also that nothing happened. */
    readonly heartbeat: readonly DutyTier[];
    /** Rules whose open alerts are counted as silent devices. */
    readonly silentRules: readonly string[];
  };
  readonly grouping: {
    /** Labels by which messages are gathered: `site`, `rule`, `severity`, `gateway`, or a label of the rule. */
    readonly by: readonly string[];
    /** How long the first one waits for others. */
    readonly waitMs: number;
    /** How long after a message of a group its next one may come. */
    readonly intervalMs: number;
  };
  readonly limits: {
    readonly perOfficer: readonly MessageLimit[];
    /** For alarms, which do not count towards those of others. */
    readonly alarm: readonly MessageLimit[];
    /** Of the whole centre and a local day; alarms are sent beyond it. */
    readonly perDay: number;
  };
  /** Channels to people in the order in which they are tried; empty: as they are configured. */
  readonly channels: readonly string[];
  readonly failover: {
    /** Attempts on one channel before the next is tried. */
    readonly attempts: number;
    /** A receipt that does not come for so long counts as none; null: receipts are not waited for. */
    readonly receiptMs: number | null;
  };
  /** How long a reply code can be used. */
  readonly codesValidMs: number;
  readonly routes: readonly Route[];
}

/** What a route is chosen by. */
export interface Routed {
  readonly rule: string;
  readonly severity: "notice" | "attention" | "alarm";
  readonly labels: Readonly<Record<string, string>>;
}

/** The first route that fits. There is one: a routing that leaves a severity without is refused. */
export const routeOf = ({ routes }: Routing, { rule, severity, labels }: Routed): Route => {
  const found = routes.find(
    ({ match }) =>
      match.severity.includes(severity) &&
      (match.rules.length === 0 || match.rules.includes(rule)) &&
      Object.entries(match.labels).every(([name, value]) => labels[name] === value),
  );
  if (found === undefined) throw new Error(`no route for ${rule} ${severity}`);
  return found;
};
