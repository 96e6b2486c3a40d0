import { type Calendar, dayText } from "@mingcheng/ui/format/times.ts";
import { computed, type Ref } from "vue";
import { useSession } from "../app/session.ts";

/** What is called today at the centre now. */
export const useCalendar = (nowMs: Readonly<Ref<number>>) => {
  const session = useSession();
  return computed<Calendar>(() => {
    const { timezone } = session.account;
    return { timezone, day: dayText(nowMs.value, timezone) };
  });
};
