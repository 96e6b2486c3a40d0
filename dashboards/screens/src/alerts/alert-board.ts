import type { AlertDetail, RecordView } from "@mingcheng/protocols";
import { type Ref, shallowRef, watch } from "vue";
import { api } from "../data/api-client.ts";
import { type AnswerMemory, type KeptUp, useKeptUp } from "../data/kept-up.ts";

/** An alert with its history, and when that was read. */
export type AlertAsRead = AlertDetail & { readonly asOf: string };

/** What a page of one alert shows, kept up to date, and the record that opened it once that was read. */
export const useAlertBoard = (
  id: Ref<string>,
  onSignedOut: () => void,
  memory?: AnswerMemory,
): KeptUp<AlertAsRead> & { readonly record: Ref<RecordView | null> } => {
  const kept = useKeptUp<AlertAsRead>({
    // The centre's list says what time it is there; it is bounded, and this one the shortest.
    ask: async () => {
      const [detail, { asOf }] = await Promise.all([api.alert(id.value), api.alerts("open", 1)]);
      return { ...detail, asOf };
    },
    key: () => `alert ${id.value}`,
    onSignedOut,
    ...(memory === undefined ? {} : { memory }),
  });
  watch(id, kept.moved);

  const record = shallowRef<RecordView | null>(null);
  const lsnOf = (): number => kept.value.value?.alert.lsn ?? 0;
  watch(lsnOf, async (lsn) => {
    record.value = null;
    const alert = kept.value.value?.alert;
    if (lsn === 0 || alert === undefined) return;
    // Without its record the page stands; the number of the record is shown in any case.
    const found = await api.record(lsn, alert).catch(() => null);
    if (lsn === lsnOf()) record.value = found;
  });
  return { ...kept, record };
};
