import { Problem, problemOf } from "@mingcheng/ui/data/json-request.ts";
import { onScopeDispose, type ShallowRef, shallowRef } from "vue";
import { api } from "../../data/api-client.ts";
import { phoneStore, type Stored, type Waiting } from "./phone-store.ts";

/** Without any sign of the network it is tried again so often. */
const tryAgainMs = 15_000;

/** What people did while the centre could not be reached, and what becomes of it. */
export interface PhoneOutbox {
  /** Of this user, in the order in which it was done. */
  readonly waiting: Readonly<ShallowRef<readonly Stored[]>>;
  /** Keeps it durably, then tries to tell it. Rejects when it cannot be kept. */
  add(alert: string, what: Waiting["what"]): Promise<void>;
  /** Gives up what the centre refused. */
  drop(n: number): Promise<void>;
}

/** A refusal that another try can change: no network, too many requests, a fault of the centre, no session. */
const canWait = ({ code, details }: Problem): boolean =>
  code === null || code === "SESSION_MISSING" || details?.retryable === true;

const tell = async ({ alert, at, what }: Stored): Promise<void> => {
  if (what.kind === "picture") await api.addPicture(alert, { sha256: what.sha256, takenAt: at }, what.picture);
  else await api.act(alert, what.act, what.words);
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
    return waiting.value.filter(({ refused }) => refused === null);
  };

  /** Returns whether to go on with the next one. */
  const attempt = async (stored: Stored): Promise<boolean> => {
    try {
      await tell(stored);
      await phoneStore.drop(stored.n);
      told();
      return true;
    } catch (error) {
      const problem = problemOf(error);
      if (!(error instanceof Problem) || canWait(problem)) return false;
      await phoneStore.put({ ...stored, refused: problem.code ?? "" });
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
    const left = waiting.value.some(({ refused }) => refused === null);
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
