import { type ComputedRef, computed, ref } from "vue";

/** So many rows are drawn at first, and added at each request: ten thousand at once would make the page slow. */
const step = 100;

/** The first rows of a list, and more on request. */
export const useShowMore = <Row>(rows: () => readonly Row[]) => {
  const limit = ref(step);
  const shown: ComputedRef<readonly Row[]> = computed(() => rows().slice(0, limit.value));
  const rest = computed(() => Math.max(0, rows().length - limit.value));
  const next = computed(() => Math.min(step, rest.value));
  return { shown, rest, next, more: () => (limit.value += step) };
};
