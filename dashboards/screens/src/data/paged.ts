import { type Problem, problemOf } from "@mingcheng/ui/data/json-request.ts";
import { onScopeDispose, ref, type ShallowRef, shallowRef } from "vue";

/** One page of something long; `next` asks for the page behind it, null: there is none. */
export interface AskedPage<Row> {
  readonly rows: readonly Row[];
  readonly next: number | null;
}

/** Reads something long page by page, from the start again whenever what is asked for changes. */
export const usePaged = <Row>(ask: (from: number | null) => Promise<AskedPage<Row>>, onSignedOut: () => void) => {
  const rows = shallowRef(null) as ShallowRef<readonly Row[] | null>;
  const next = ref<number | null>(null);
  const problem = shallowRef<Problem | null>(null);
  const reading = ref(false);
  let run = 0;

  const read = async (from: number | null): Promise<void> => {
    run++;
    const own = run;
    reading.value = true;
    try {
      const page = await ask(from);
      if (own !== run) return;
      rows.value = from === null ? page.rows : [...(rows.value ?? []), ...page.rows];
      next.value = page.next;
      problem.value = null;
    } catch (error) {
      if (own !== run) return;
      problem.value = problemOf(error);
      if (problem.value.code === "SESSION_MISSING") onSignedOut();
    }
    reading.value = false;
  };

  onScopeDispose(() => {
    run++;
  });
  return {
    rows,
    next,
    problem,
    reading,
    /** From the start. */
    again: () => void read(null),
    more: () => void read(next.value),
  };
};
