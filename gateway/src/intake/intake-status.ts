import { type ErrorCode, errorCatalogue, type MingchengError } from "@mingcheng/protocols";
import { type IntakeListener, isPlain } from "../config/intake-config.ts";
import type { GatewayStatus, NextStep } from "../health/status-schema.ts";
import type { Front, FrontCounts } from "./front.ts";
import type { DeskCounts } from "./message-desk.ts";

/** The intake in what `/status` answers. */
export type IntakeStatus = NonNullable<GatewayStatus["intake"]>;

/** What the status is made from. */
export interface IntakeFacts {
  readonly listeners: readonly {
    readonly listener: IntakeListener;
    readonly front: Front | undefined;
    readonly fault: MingchengError | null;
  }[];
  readonly counts: FrontCounts & DeskCounts;
  readonly refusedLogins: number;
  readonly lockedAddresses: number;
  readonly withoutSecret: readonly string[];
}

const secretStep = (devices: readonly string[]): NextStep => ({
  zh: `这些设备还没有密钥：${devices.join("、")}；运行 mingcheng-gateway intake add <设备编号>`,
  en: `these devices have no secret yet: ${devices.join(", ")}; run mingcheng-gateway intake add <device>`,
});

const nextOf = ({ listeners, withoutSecret }: IntakeFacts): NextStep => {
  const code: ErrorCode | undefined = listeners.find(({ fault }) => fault !== null)?.fault?.code;
  if (code !== undefined) return errorCatalogue[code].next;
  return withoutSecret.length === 0 ? null : secretStep(withoutSecret);
};

const urlHost = (host: string): string => (host.includes(":") ? `[${host}]` : host);

/** How the intake stands. */
export const statusOfIntake = (facts: IntakeFacts): IntakeStatus => ({
  listeners: facts.listeners.map(({ listener, front, fault }) => {
    const { protocol, host, port } = front?.address ?? listener;
    return {
      url: `${protocol}://${urlHost(host)}:${port}`,
      insecureTransport: isPlain(listener),
      state: front === undefined ? "failed" : "listening",
      connections: front?.connections() ?? 0,
      error: fault === null ? null : { code: fault.code, message: fault.message },
    };
  }),
  ...facts.counts,
  refusedLogins: facts.refusedLogins,
  lockedAddresses: facts.lockedAddresses,
  next: nextOf(facts),
});
