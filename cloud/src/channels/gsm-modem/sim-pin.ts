import { createHash } from "node:crypto";
import { open, readFile, rm } from "node:fs/promises";
import type { ChannelPorts } from "../channel.ts";
import type { AtDialogue } from "./at-dialogue.ts";
import { modemVerdict } from "./modem-codes.ts";

/** The PIN of a SIM, from its file. */
export interface SimPin {
  readonly digits: string;
  readonly path: string;
  /** When the file was last changed: writing it again says that somebody has looked into it. */
  readonly changedMs: number;
}

/** Why a SIM cannot be used; it stays like this until somebody acts. */
export interface PinFault {
  /** In Chinese and English. */
  readonly reason: string;
  /** The modem stopped answering: nothing is known of the SIM. */
  readonly isSilent?: boolean;
}

/** What telling the PIN needs. */
export interface PinDesk {
  readonly dialogue: AtDialogue;
  readonly ports: Pick<ChannelPorts, "later">;
  readonly pin: SimPin | undefined;
  readonly timeoutMs: number;
}

/** A SIM locks itself after three wrong ones; a try is made only while all three are left. */
const allTries = 3;

/**
 * How modems say how many tries are left: 3GPP TS 27.007 §8.65, then makers' own (Quectel +QPINC, SIMCom +SPIC, Huawei
 * ^CPIN).
 */
const counters: readonly { readonly text: string; readonly prefix: string; readonly left: RegExp }[] = [
  { text: 'AT+CPINR="SIM PIN"', prefix: "+CPINR:", left: /^"?SIM PIN"?, ?(\d+)/u },
  { text: 'AT+QPINC="SC"', prefix: "+QPINC:", left: /^"SC", ?(\d+)/u },
  { text: "AT+SPIC", prefix: "+SPIC:", left: /^(\d+)/u },
  { text: "AT^CPIN?", prefix: "^CPIN:", left: /^SIM PIN, ?(?:\d+)?, ?\d+, ?(\d+)/u },
];

const triesLeft = async ({ dialogue, timeoutMs }: PinDesk): Promise<number | undefined> => {
  for (const { text, prefix, left } of counters) {
    const result = await dialogue.run({ text, prefix, timeoutMs });
    const found = result.type === "ok" ? left.exec(result.lines[0]?.text ?? "")?.[1] : undefined;
    if (found !== undefined) return Number(found);
  }
  return undefined;
};

const markerPath = ({ path }: SimPin): string => `${path}.tried`;
const markOf = ({ digits, changedMs }: SimPin): string =>
  createHash("sha256").update(`mc-pin-v1\0${digits}\0${changedMs}`).digest("hex");

const wasTried = async (pin: SimPin): Promise<boolean> => {
  try {
    return (await readFile(markerPath(pin), "utf8")).trim() === markOf(pin);
  } catch {
    return false;
  }
};

/** Notes durably that a try is made. False when that cannot be written down: then none is made. */
const noteTry = async (pin: SimPin): Promise<boolean> => {
  try {
    const file = await open(markerPath(pin), "w", 0o600);
    await file.writeFile(`${markOf(pin)}\n`);
    await file.sync();
    await file.close();
    return true;
  } catch {
    return false;
  }
};

const cannotNote =
  "该卡剩余 PIN 次数未知，且 PIN 文件所在目录不可写，不尝试 / tries left are unknown and the PIN file's directory cannot be written to: not tried";
const triedBefore =
  "该 PIN 已试过一次且失败，确认后重写 PIN 文件 / this PIN failed before: make sure of it and write its file anew";

/** Why the PIN must not be tried now; undefined when it may be, once. */
const refusal = async (desk: PinDesk, pin: SimPin): Promise<string | undefined> => {
  if (await wasTried(pin)) return triedBefore;
  const left = await triesLeft(desk);
  if (left !== undefined && left < allTries) {
    return `PIN 只剩 ${left} 次，不再尝试，请在手机上解锁 / ${left} tries are left and none is made: unlock the SIM in a telephone`;
  }
  return (await noteTry(pin)) || left !== undefined ? undefined : cannotNote;
};

/** Modems answer OK and then need a while to read the SIM. */
const readingMs = 500;
const mostReadings = 40;

const pause = (ports: PinDesk["ports"], ms: number): Promise<void> =>
  new Promise((resolve) => ports.later(resolve, ms));

/** An OK that says nothing of the SIM answers something older; so often it is asked again. */
const mostAsked = 5;

/** `READY`, `SIM PIN`, …, or the error; undefined when the modem does not say. */
const stateOf = async ({ dialogue, timeoutMs, ports }: PinDesk): Promise<string | undefined> => {
  for (let asked = 0; asked < mostAsked; asked++) {
    const result = await dialogue.run({ text: "AT+CPIN?", prefix: "+CPIN:", timeoutMs });
    if (result.type !== "ok") return result.type === "error" ? result.error : undefined;
    const state = result.lines[0]?.text;
    if (state !== undefined) return state;
    await dialogue.settle(ports);
  }
  return undefined;
};

/** What is wrong with a SIM that is not open, by what the modem says of it (3GPP TS 27.007 §8.3). */
const stateFault = (state: string | undefined): PinFault => {
  if (state === undefined) return { reason: "模块无应答 / the modem does not answer", isSilent: true };
  const { name, zh, en } = state === "SIM PUK" ? modemVerdict("+CME ERROR: 12") : modemVerdict(state);
  if (/^PH-/u.test(state))
    return { reason: "模块只认其他 SIM 卡或运营商 / the modem is locked to another SIM or operator" };
  if (state === "SIM PUK" || /ERROR: ?\d/u.test(state)) return { reason: `${zh}（${name}） / ${en} (${name})` };
  const shown = state.slice(0, 60);
  return { reason: `SIM 卡不可用（${shown}） / the SIM cannot be used (${shown})` };
};

const tell = async (desk: PinDesk, pin: SimPin): Promise<PinFault | undefined> => {
  const reason = await refusal(desk, pin);
  if (reason !== undefined) return { reason };
  const { digits } = pin;
  const result = await desk.dialogue.run({ text: `AT+CPIN="${digits}"`, timeoutMs: desk.timeoutMs });
  if (result.type !== "ok") return { reason: triedBefore };
  for (let reading = 0; reading < mostReadings && !desk.dialogue.isGone; reading++) {
    if ((await stateOf(desk)) === "READY") {
      await rm(markerPath(pin), { force: true });
      return undefined;
    }
    await pause(desk.ports, readingMs);
  }
  return { reason: "SIM 卡未就绪 / the SIM does not become ready" };
};

/**
 * Sees to it that the SIM is open. Its PIN is told at most once, over restarts and whatever happens: only while the modem
 * says that all tries are left, or, where it does not say, when that try could be written down first (`<file>.tried`).
 * A wrong PIN is not told again before its file was written anew. Undefined when the SIM can be used.
 */
export const openSim = async (desk: PinDesk): Promise<PinFault | undefined> => {
  const state = await stateOf(desk);
  if (state === "READY") return undefined;
  if (state !== "SIM PIN") return stateFault(state);
  if (desk.pin === undefined) return { reason: "SIM 卡需要 PIN，请设置 pinFile / the SIM wants its PIN: set pinFile" };
  return tell(desk, desk.pin);
};
