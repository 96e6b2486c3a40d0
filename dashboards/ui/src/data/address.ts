import { type Ref, ref, watch } from "vue";

/** A choice of the reader that stands in the address bar, so that it survives a reload and can be passed on. */
export const useAddress = (name: string): Ref<string> => {
  const value = ref(new URL(location.href).searchParams.get(name) ?? "");
  watch(value, (chosen) => {
    const url = new URL(location.href);
    if (chosen === "") url.searchParams.delete(name);
    else url.searchParams.set(name, chosen);
    history.replaceState(history.state, "", url);
  });
  return value;
};
