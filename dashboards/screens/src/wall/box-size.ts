import { onBeforeUnmount, onMounted, type ShallowRef, shallowRef } from "vue";

/** Width and height of an element in pixels, as they are. Zero before it is there. */
export const useBoxSize = (box: Readonly<ShallowRef<HTMLElement | null>>) => {
  const size = shallowRef({ width: 0, height: 0 });
  const observer = new ResizeObserver(() => {
    const { clientWidth: width = 0, clientHeight: height = 0 } = box.value ?? {};
    size.value = { width, height };
  });
  onMounted(() => {
    if (box.value !== null) observer.observe(box.value);
  });
  onBeforeUnmount(() => observer.disconnect());
  return size;
};
