import { computed, onMounted, onScopeDispose, ref, type ShallowRef, watch } from "vue";

/** Rows above and below what is seen that are drawn too, so that a quick scroll meets no empty place. */
const spareRows = 12;

/** Which rows of equal height are drawn, and how much room the others take. */
export const drawnRows = (count: number, rowPx: number, offsetPx: number, seenPx: number) => {
  const first = Math.min(Math.max(0, Math.floor(offsetPx / rowPx) - spareRows), Math.max(0, count - 1));
  const end = Math.min(count, Math.max(first, Math.ceil((offsetPx + seenPx) / rowPx) + spareRows));
  return { first, end, abovePx: first * rowPx, belowPx: (count - end) * rowPx };
};

type ElementRef = Readonly<ShallowRef<HTMLElement | null>>;

/**
 * Draws only the rows that are seen, of however many. `box` is what scrolls, or stands in a page that scrolls; `content`
 * holds the rows, each `rowPx` high.
 */
export const useVirtualRows = (
  { box, content }: { readonly box: ElementRef; readonly content: ElementRef },
  count: () => number,
  rowPx: () => number,
) => {
  const offsetPx = ref(0);
  const seenPx = ref(1_080);

  const look = (): void => {
    if (box.value === null || content.value === null) return;
    const outer = box.value.getBoundingClientRect();
    const top = Math.max(0, outer.top);
    offsetPx.value = Math.max(0, top - content.value.getBoundingClientRect().top);
    seenPx.value = Math.max(0, Math.min(outer.bottom, innerHeight) - top);
  };

  // Scrolling of whatever holds the rows: the event of an inner box does not bubble, but is caught on its way down.
  const options = { capture: true, passive: true } as const;
  onMounted(() => {
    addEventListener("scroll", look, options);
    addEventListener("resize", look);
    look();
  });
  onScopeDispose(() => {
    removeEventListener("scroll", look, options);
    removeEventListener("resize", look);
  });
  watch([count, rowPx, box], look, { flush: "post" });

  const drawn = computed(() => drawnRows(count(), rowPx(), offsetPx.value, seenPx.value));
  return { drawn };
};
