import { computed, onScopeDispose, type Ref, ref } from "vue";

/** Scenes by the keys that lead to them. */
export const sceneNames = ["now", "tests", "kitchens", "devices"] as const;

export type SceneName = (typeof sceneNames)[number];

/** So long a scene stands when the address does not say; seconds. */
const rotateDefault = 30;

/** Seconds between two scenes, from `?rotate=`; 0: they do not change by themselves. */
export const rotateSeconds = (asked: string | null): number => {
  const seconds = asked === null || asked === "" ? rotateDefault : Number(asked);
  return Number.isFinite(seconds) && seconds > 0 ? Math.min(3_600, Math.max(5, seconds)) : 0;
};

/** What the scenes work with. */
export interface ScenesOptions {
  readonly seconds: number;
  /** Something must stay before everybody's eyes: the first scene stays. */
  readonly mustStay: Readonly<Ref<boolean>>;
}

/** Which scene is shown. It changes by itself unless somebody holds it, or something red is open. */
export const useScenes = ({ seconds, mustStay }: ScenesOptions) => {
  const index = ref(0);
  const held = ref(false);
  const turns = computed(() => seconds > 0 && !held.value && !mustStay.value);
  let stoodSeconds = 0;
  const show = (next: number): void => {
    index.value = ((next % sceneNames.length) + sceneNames.length) % sceneNames.length;
    stoodSeconds = 0;
  };
  const timer = setInterval(() => {
    if (!held.value && mustStay.value && index.value !== 0) show(0);
    stoodSeconds = turns.value ? stoodSeconds + 1 : 0;
    if (turns.value && stoodSeconds >= seconds) show(index.value + 1);
  }, 1_000);
  onScopeDispose(() => clearInterval(timer));
  return {
    scene: computed<SceneName>(() => sceneNames[index.value] ?? "now"),
    held,
    turns,
    /** Goes to a scene and stays there. */
    choose: (next: number): void => {
      held.value = true;
      show(next);
    },
    step: (by: number): void => {
      held.value = true;
      show(index.value + by);
    },
  };
};
