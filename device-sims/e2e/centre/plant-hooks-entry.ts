import type { LoadHook } from "node:module";
import { type Plant, type PlantName, plants, plantVariable } from "./plants.ts";

const name = process.env[plantVariable] as PlantName | undefined;
const chosen: readonly Plant[] = name === undefined ? [] : plants[name];

/** Changes the text of modules that the chosen fault names. @throws {Error} when the text to be changed is not there */
export const load: LoadHook = async (url, context, nextLoad) => {
  const loaded = await nextLoad(url, context);
  const mine = chosen.filter(({ module }) => url.endsWith(`/cloud/dist/${module}`));
  if (mine.length === 0) return loaded;
  let text = Buffer.from(loaded.source as Uint8Array).toString("utf8");
  for (const { from, to } of mine) {
    if (!text.includes(from)) throw new Error(`${url} does not hold: ${from}`);
    text = text.replace(from, to);
  }
  return { ...loaded, source: text };
};
