import { onScopeDispose, type Ref, ref } from "vue";

/** Whether the page is as narrow as a phone: the same bound as in the style. */
export const useNarrow = (): Readonly<Ref<boolean>> => {
  const query = matchMedia("(max-width: 720px)");
  const narrow = ref(query.matches);
  const follow = (): void => {
    narrow.value = query.matches;
  };
  query.addEventListener("change", follow);
  onScopeDispose(() => query.removeEventListener("change", follow));
  return narrow;
};
