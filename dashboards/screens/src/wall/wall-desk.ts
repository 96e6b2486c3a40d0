import type { WallAct } from "@mingcheng/protocols";
import { onScopeDispose, type Ref, shallowRef } from "vue";
import { sceneNames, type useScenes } from "./scenes.ts";

/** What is chosen on a wall, whoever chose it: by keys, by a pointer, or from afar. */
export interface WallDesk {
  /** Id of the chosen alert; empty: none. */
  readonly alert: Ref<string>;
  /** Code of the site that is shown; empty: the city. */
  readonly site: Ref<string>;
  take(act: WallAct): void;
}

const keyActs: Readonly<Record<string, WallAct["do"]>> = {
  ArrowRight: "next",
  PageDown: "next",
  ArrowLeft: "previous",
  PageUp: "previous",
  Escape: "home",
};

/**
 * Keys, and what comes from afar. Numbers choose a scene, left and right the next one, space holds, up and down choose an alert,
 * enter opens its records, escape goes back.
 */
export const useWallDesk = (scenes: ReturnType<typeof useScenes>, alertIds: () => readonly string[]): WallDesk => {
  const alert = shallowRef("");
  const site = shallowRef("");

  const take = (act: WallAct): void => {
    switch (act.do) {
      case "scene":
        site.value = "";
        scenes.choose(act.scene - 1);
        return;
      case "next":
      case "previous":
        site.value = "";
        scenes.step(act.do === "next" ? 1 : -1);
        return;
      case "hold":
      case "rotate":
        scenes.held.value = act.do === "hold";
        return;
      case "home":
        site.value = "";
        alert.value = "";
        scenes.choose(0);
        scenes.held.value = false;
        return;
      case "alert":
        site.value = "";
        scenes.choose(0);
        alert.value = act.id;
        return;
      case "site":
        site.value = act.code;
    }
  };

  const stepAlert = (by: number): void => {
    const ids = alertIds();
    const at = ids.indexOf(alert.value);
    const next = at < 0 ? (by > 0 ? 0 : ids.length - 1) : at + by;
    alert.value = ids[next] ?? "";
  };

  const onKey = (event: KeyboardEvent): void => {
    if (event.metaKey || event.ctrlKey || event.altKey) return;
    const { key, target } = event;
    const onControl = target instanceof Element && target.closest("a, button") !== null;
    const number = Number(key);
    const known = keyActs[key];
    if (Number.isInteger(number) && number >= 1 && number <= sceneNames.length) take({ do: "scene", scene: number });
    else if (known !== undefined) take({ do: known } as WallAct);
    else if (key === " " && !onControl) take({ do: scenes.held.value ? "rotate" : "hold" });
    else if (key === "ArrowDown" || key === "ArrowUp") stepAlert(key === "ArrowDown" ? 1 : -1);
    else if (key === "Enter" && !onControl && alert.value !== "")
      location.assign(`/alerts/${encodeURIComponent(alert.value)}`);
    else return;
    event.preventDefault();
  };
  addEventListener("keydown", onKey);
  onScopeDispose(() => removeEventListener("keydown", onKey));
  return { alert, site, take };
};
