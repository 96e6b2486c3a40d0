import { computed, onMounted, onScopeDispose, ref, type ShallowRef } from "vue";

const everyMs = 10_000;

/** What does not fit at once is shown page by page. `rowPx`: the height of a row; `box`: where the rows stand. */
export const usePages = <Row>(
  rows: () => readonly Row[],
  box: Readonly<ShallowRef<HTMLElement | null>>,
  rowPx: () => number,
) => {
  const perPage = ref(8);
  const page = ref(0);
  const measure = (): void => {
    const height = box.value?.clientHeight ?? 0;
    if (height > 0) perPage.value = Math.max(1, Math.floor(height / rowPx()));
  };
  const observer = new ResizeObserver(measure);
  onMounted(() => {
    if (box.value !== null) observer.observe(box.value);
    measure();
  });
  const pages = computed(() => Math.max(1, Math.ceil(rows().length / perPage.value)));
  const timer = setInterval(() => {
    page.value = (page.value + 1) % pages.value;
  }, everyMs);
  onScopeDispose(() => {
    clearInterval(timer);
    observer.disconnect();
  });
  const shown = computed(() => {
    const from = (page.value % pages.value) * perPage.value;
    return rows().slice(from, from + perPage.value);
  });
  return { shown, pages, number: computed(() => (page.value % pages.value) + 1) };
};
