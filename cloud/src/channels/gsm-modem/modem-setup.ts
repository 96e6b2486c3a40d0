import type { AtDialogue } from "./at-dialogue.ts";
import { openSim, type PinDesk } from "./sim-pin.ts";

/** How a modem is set up. */
export interface SetupOptions extends PinDesk {
  /** Where messages that come in are kept until they were taken: `SM`, the SIM; `ME`, the modem. */
  readonly storage: "SM" | "ME";
  readonly serviceCentre: string | undefined;
}

/** What a modem can be used for, or why it cannot. `silent`: it does not answer at all. */
export type SetUp =
  | { readonly type: "ready"; readonly reports: boolean; readonly reportStore: boolean }
  | { readonly type: "unfit"; readonly reason: string }
  | { readonly type: "silent" };

const attempts = 3;

/** Brings a modem back to where it takes commands, whatever it was at. */
const isAwake = async (dialogue: AtDialogue): Promise<boolean> => {
  for (let attempt = 0; attempt < attempts; attempt++) {
    dialogue.abandon();
    const { type } = await dialogue.run({ text: "AT", timeoutMs: 1_000 });
    if (type === "ok") return true;
    if (type === "gone") return false;
  }
  return false;
};

/**
 * 3GPP TS 27.005 §3.4.1: tell of messages that were stored (mt = 1); of status reports by storing them (ds = 2), or
 * straight away (ds = 1), or not at all. The first that the modem takes.
 */
const notices: readonly { readonly text: string; readonly reports: boolean }[] = [
  { text: "AT+CNMI=2,1,0,2,0", reports: true },
  { text: "AT+CNMI=2,1,0,1,0", reports: true },
  { text: "AT+CNMI=1,1,0,1,0", reports: true },
  { text: "AT+CNMI=2,1,0,0,0", reports: false },
  { text: "AT+CNMI=1,1,0,0,0", reports: false },
];

const firstNotice = async ({
  dialogue,
  timeoutMs,
}: SetupOptions): Promise<{ readonly reports: boolean } | undefined> => {
  for (const { text, reports } of notices) {
    if ((await dialogue.run({ text, timeoutMs })).type === "ok") return { reports };
  }
  return undefined;
};

/** Whether the modem has a store of its own for status reports, `SR` (3GPP TS 27.005 §3.2.2). */
const hasReportStore = async ({ dialogue, timeoutMs }: SetupOptions): Promise<boolean> => {
  const result = await dialogue.run({ text: "AT+CPMS=?", prefix: "+CPMS:", timeoutMs });
  return result.type === "ok" && /^\([^)]*"SR"/u.test(result.lines[0]?.text ?? "");
};

/** A modem without it cannot send; SIMs of some networks come without. */
const lacksCentre = async ({ dialogue, timeoutMs, serviceCentre }: SetupOptions): Promise<boolean> => {
  if (serviceCentre !== undefined) return false;
  const result = await dialogue.run({ text: "AT+CSCA?", prefix: "+CSCA:", timeoutMs });
  return result.type === "ok" && /^"\+?"/u.test(result.lines[0]?.text ?? "");
};

/**
 * Sets a modem up after it was opened: echo off, numbered errors, the SIM open, PDU mode, where messages are kept, what it
 * tells of by itself.
 */
export const setUpModem = async (options: SetupOptions): Promise<SetUp> => {
  const { dialogue, timeoutMs, storage } = options;
  if (!(await isAwake(dialogue))) return { type: "silent" };
  await dialogue.settle(options.ports);
  const does = async (text: string): Promise<boolean> => (await dialogue.run({ text, timeoutMs })).type === "ok";
  await does("ATE0");
  await does("AT+CMEE=1");
  const fault = await openSim(options);
  if (fault !== undefined)
    return fault.isSilent === true ? { type: "silent" } : { type: "unfit", reason: fault.reason };
  if (!(await does("AT+CMGF=0"))) return { type: "unfit", reason: "模块不支持 PDU 模式 / the modem has no PDU mode" };
  if (!(await does(`AT+CPMS="${storage}","${storage}","${storage}"`))) {
    return { type: "unfit", reason: `没有 ${storage} 短信存储 / there is no store ${storage}` };
  }
  const notice = await firstNotice(options);
  if (notice === undefined) return { type: "unfit", reason: "模块不通知来信 / the modem tells of no messages" };
  if (await lacksCentre(options)) {
    return {
      type: "unfit",
      reason: "短信中心号码未设置，请设置 serviceCentre / no SMS centre is known: set serviceCentre",
    };
  }
  return { type: "ready", ...notice, reportStore: await hasReportStore(options) };
};
