import { isMap, isScalar, type parseDocument } from "yaml";

/** Path of a value in a document. */
export type YamlPath = readonly PropertyKey[];

/** Says that something is wrong at a path; `within`: so many characters into the text that stands there. */
export type Complain = (path: YamlPath, message: string, within?: number) => void;

type Document = ReturnType<typeof parseDocument>;
type Ranged = { readonly range?: readonly [number, number, number] } | undefined;

/** Into a text on one line its characters can be counted; a folded one is named as a whole. */
const textOffset = (document: Document, path: YamlPath, within: number): number | undefined => {
  const node = document.getIn(path, true);
  if (!isScalar(node) || typeof node.value !== "string" || node.range === undefined || node.range === null)
    return undefined;
  const [start, end] = node.range;
  const quote = node.type === "QUOTE_DOUBLE" || node.type === "QUOTE_SINGLE" ? 1 : 0;
  const isAsWritten = end - start === node.value.length + 2 * quote;
  return isAsWritten ? start + quote + within : start;
};

/** Offset of the key where there is one, of the nearest thing around it where there is none. */
export const offsetOf = (document: Document, path: YamlPath, within?: number): number => {
  const inText = within === undefined ? undefined : textOffset(document, path, within);
  if (inText !== undefined) return inText;
  for (let length = path.length; length > 0; length--) {
    const parent = document.getIn(path.slice(0, length - 1), true);
    const last = path[length - 1];
    if (isMap(parent)) {
      const pair = parent.items.find(({ key }) => String(key) === String(last));
      const range = (pair?.key as Ranged)?.range;
      if (range !== undefined) return range[0];
      continue;
    }
    const node = document.getIn(path.slice(0, length), true) as Ranged;
    if (node?.range !== undefined) return node.range[0];
  }
  return 0;
};
