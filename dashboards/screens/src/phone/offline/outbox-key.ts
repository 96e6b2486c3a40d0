import { type InjectionKey, inject } from "vue";
import type { PhoneOutbox } from "./phone-outbox.ts";

/** Where the phone puts its outbox for the parts inside. */
export const outboxKey: InjectionKey<PhoneOutbox> = Symbol("outbox");

/** The outbox around; null at the desk, where what cannot be told now is told again by hand. */
export const useOutbox = (): PhoneOutbox | null => inject(outboxKey, null);
