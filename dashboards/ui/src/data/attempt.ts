import { ref, shallowRef } from "vue";
import { type Problem, problemOf } from "./json-request.ts";

/** One thing that the reader asks for: whether it is under way, and why it had no success the last time. */
export const useAttempt = () => {
  const working = ref(false);
  const problem = shallowRef<Problem | null>(null);
  /** Never rejects: returns the problem that it shows, null after a success. */
  const attempt = async (work: () => Promise<unknown>): Promise<Problem | null> => {
    working.value = true;
    problem.value = null;
    try {
      await work();
    } catch (error) {
      problem.value = problemOf(error);
    } finally {
      working.value = false;
    }
    return problem.value;
  };
  return { working, problem, attempt };
};
