import { type DahuaPlu, type DeviceEvent, dahuaPluIn, encodeDahuaReadPlu } from "@mingcheng/protocols/devices";

/** An article's name is asked for again after so long: names change when goods do. */
const freshMs = 600_000;
/** Articles that are remembered. */
const maxArticles = 10_000;

/** Names of a scale's articles, each asked for once in a while. */
export interface DahuaArticles {
  /** The name; `null` when the scale does not tell. */
  nameOf(plu: string | null): Promise<string | null>;
}

/** `exchange` sends one request and resolves with the answer, `undefined` when none came in time. */
export const createDahuaArticles = (
  nowMs: () => number,
  exchange: (request: Uint8Array) => Promise<DeviceEvent | undefined>,
): DahuaArticles => {
  const known = new Map<string, { readonly name: string | null; readonly untilMs: number }>();

  const ask = async (plu: string): Promise<DahuaPlu | null> => {
    const answer = await exchange(encodeDahuaReadPlu(plu));
    if (answer?.event !== "reply" || answer.meaning !== "plu") return null;
    const article = dahuaPluIn(answer.detail ?? "");
    return article?.plu === plu ? article : null;
  };

  return {
    nameOf: async (plu) => {
      if (plu === null || !/^\d{4}$/.test(plu)) return null;
      const found = known.get(plu);
      if (found !== undefined && found.untilMs > nowMs()) return found.name;
      const name = (await ask(plu))?.name.trim() || null;
      if (known.size >= maxArticles) known.clear();
      known.set(plu, { name, untilMs: nowMs() + freshMs });
      return name;
    },
  };
};
