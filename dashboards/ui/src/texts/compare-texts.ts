/** Test support: what is wrong with the texts of a page, named by their keys; nothing wrong is an empty list. */

type Entry = readonly [key: string, text: string];

const flat = (texts: object, prefix = ""): Entry[] =>
  Object.entries(texts).flatMap(([key, value]) =>
    typeof value === "string" ? [[`${prefix}${key}`, value] as const] : flat(value as object, `${prefix}${key}.`),
  );

const slots = (text: string): string =>
  [...text.matchAll(/\{\w+\}/g)]
    .map(([slot]) => slot)
    .sort()
    .join();

/** Keys that one of two languages lacks, or whose places to fill in differ. */
export const differingTexts = (one: object, other: object): string[] => {
  const [first, second] = [new Map(flat(one)), new Map(flat(other))];
  const keys = new Set([...first.keys(), ...second.keys()]);
  const isSame = (left: string | undefined, right: string | undefined): boolean =>
    left !== undefined && right !== undefined && slots(left) === slots(right);
  return [...keys].filter((key) => !isSame(first.get(key), second.get(key)));
};

/** Keys that the sources of a page (text by path) say nowhere. */
export const unsaidTexts = (texts: object, sources: Readonly<Record<string, string>>): string[] => {
  const code = Object.values(sources).join("");
  // A key is written out, or its last part is put together: t(`role.${name}`).
  const isSaid = (key: string): boolean =>
    code.includes(`"${key}"`) || code.includes(`'${key}'`) || code.includes(`\`${key.replace(/[^.]+$/, "")}\${`);
  return flat(texts).flatMap(([key]) => (isSaid(key) ? [] : [key]));
};

/** Keys whose text holds a sign that the message format would take for its own. */
export const textsWithSigns = (texts: object): string[] =>
  flat(texts).flatMap(([key, text]) => (/[@|]/.test(text) ? [key] : []));
