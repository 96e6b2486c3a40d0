import { Problem, problemOf } from "@mingcheng/ui/data/json-request.ts";
import { onScopeDispose, type ShallowRef, shallowRef } from "vue";
import { personText } from "../../alerts/alert-words.ts";
import { api } from "../../data/api-client.ts";
import { type Outdone, phoneStore, type Stored, type Waiting } from "./phone-store.ts";

/** Without any sign of the network it is tried again so often. */
const tryAgainMs = 15_000;

/** What people did while the centre could not be reached, and what becomes of it. */
export interface PhoneOutbox {
  /** Of this user, in the order in which it was done. */
  readonly waiting: Readonly<ShallowRef<readonly Stored[]>>;
  /** Keeps it durably, then tries to tell it. Rejects when it cannot be kept. */
  add(alert: string, what: Waiting["what"]): Promise<void>;
  /** Gives up what the centre refused, or what was outdone and has been seen. */
  drop(n: number): Promise<void>;
}

/** Still to be told; anything else only waits to be seen. */
export const isWaiting = ({ refused, outdone }: Stored): boolean => refused === null && !outdone;

/** A refusal that another try can change: no network, too many requests, a fault of the centre, no session. */
const canWait = ({ code, details }: Problem): boolean =>
  code === null || code === "SESSION_MISSING" || details?.retryable === true;

/** Whether the centre has it from this user in these very words: told before, and only the answer was lost. */
const isKnown = async (user: string, alert: string, words: Readonly<Record<string, string>>): Promise<boolean> => {
  const said = Object.entries(words);
  if (said.length === 0) return true;
  const { history } = await api.alert(alert);
  return history.some(({ actor, detail }) => actor === user && said.every(([name, text]) => detail[name] === text));
};

/** Tells one. Returns who was first, if it was not this one. */
const tell = async ({ user, alert, at, what }: Stored): Promise<Outdone | null> => {
  if (what.kind === "picture") {
    await api.addPicture(alert, { sha256: what.sha256, takenAt: at }, what.picture);
    return null;
  }
  const { outcome, first } = await api.act(alert, what.act, what.words);
  if (outcome !== "already" || !first) return null;
  // The same officer may have said something else from another phone.
  if (first.by === user && (await isKnown(user, alert, what.words))) return null;
  return { by: personText(first), at: first.at, over: false };
};

/** How an alert ended before something could be done about it; null when that is not why it was refused. */
const endOf = async ({ user, alert }: Stored): Promise<Outdone | null> => {
  const { alert: view, history, people = {} } = await api.alert(alert);
  const last = history.findLast(({ from, to }) => from !== to);
  if (view.endedAt === null || last === undefined) return null;
  const isSelf = last.actor === "system" || last.actor === user;
  return { by: isSelf ? "" : (people[last.actor] ?? last.actor), at: view.endedAt, over: true };
};

/**
 * Tells the centre what was done without it: in order, each until it is answered. A picture carries its digest, so that
 * one whose answer was lost is kept once; an act that was done already is answered as that.
 */
export const usePhoneOutbox = (user: string, told: () => void): PhoneOutbox => {
  const waiting = shallowRef<readonly Stored[]>([]);
  let working = false;
  let ended = false;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const look = async (): Promise<readonly Stored[]> => {
    waiting.value = (await phoneStore.all()).filter((stored) => stored.user === user);
    return waiting.value.filter(isWaiting);
  };

  /** Returns whether to go on with the next one. */
  const attempt = async (stored: Stored): Promise<boolean> => {
    try {
      const outdone = await tell(stored);
      if (outdone === null) await phoneStore.drop(stored.n);
      else await phoneStore.put({ ...stored, outdone });
      told();
      return true;
    } catch (error) {
      const problem = problemOf(error);
      if (!(error instanceof Problem) || canWait(problem)) return false;
      const outdone = stored.what.kind === "act" ? await endOf(stored).catch(() => null) : null;
      await phoneStore.put(outdone === null ? { ...stored, refused: problem.code ?? "" } : { ...stored, outdone });
      if (outdone !== null) told();
      return true;
    }
  };

  const flush = async (): Promise<void> => {
    if (working || ended) return;
    working = true;
    clearTimeout(timer);
    try {
      for (let [next] = await look(); next !== undefined; [next] = await look()) {
        if (!(await attempt(next))) break;
      }
    } finally {
      working = false;
    }
    const left = waiting.value.some(isWaiting);
    if (left && !ended) timer = setTimeout(start, tryAgainMs);
  };
  const start = (): void => {
    // A store that cannot be read now is asked again at the next sign of the network.
    flush().catch(() => undefined);
  };

  addEventListener("online", start);
  onScopeDispose(() => {
    ended = true;
    clearTimeout(timer);
    removeEventListener("online", start);
  });
  start();

  return {
    waiting,
    add: async (alert, what) => {
      await phoneStore.add({ user, alert, at: new Date().toISOString(), what, refused: null });
      await look();
      start();
    },
    drop: async (n) => {
      await phoneStore.drop(n);
      await look();
    },
  };
};
