import type { Account } from "@mingcheng/protocols";
import type { AccountMemory } from "../../app/session.ts";
import type { AnswerMemory } from "../../data/kept-up.ts";
import { phoneStore } from "./phone-store.ts";

const accountKey = "mingcheng-phone-account";

/** Who was inside last, so that the phone opens without the centre. It lets nobody in at the centre. */
export const accountMemory: AccountMemory = {
  load: () => JSON.parse(localStorage.getItem(accountKey) ?? "null") as Account | null,
  keep: (account) => localStorage.setItem(accountKey, JSON.stringify(account)),
  forget: () => {
    localStorage.removeItem(accountKey);
    phoneStore.forgetAnswers().catch(() => undefined);
  },
};

/** The last answers of the centre to one user; they are gone when that one signs out. */
export const answerMemoryOf = (user: string): AnswerMemory => ({
  load: (key) => phoneStore.answer(`${user} ${key}`),
  keep: (key, answer) => {
    phoneStore.keepAnswer(`${user} ${key}`, answer).catch(() => undefined);
  },
});
