import { isAlias, isScalar, type parseDocument, visit } from "yaml";

type Document = ReturnType<typeof parseDocument>;

/** What is wrong with a text before its content is looked at. `at`: offset. */
export interface TextFault {
  readonly at: number;
  readonly message: string;
}

const mostChars = 1024 * 1024;

/** Control characters, and what decoding could not read, which stands as U+FFFD. */
const noText = /[^\P{Cc}\t\n\r\u0085]|[\ufffd-\uffff]/u;

/** Why a file's text is not read at all: it is too long, or no UTF-8. */
export const textFault = (text: string): TextFault | undefined => {
  if (text.length > mostChars) return { at: 0, message: "longer than 1 MiB" };
  const at = text.search(noText);
  return at < 0 ? undefined : { at, message: "not UTF-8 text" };
};

/** What a document holds that can be no content: aliases that stand for nothing or for too much, keys that hide. */
export const contentFault = (document: Document): TextFault | undefined => {
  let fault: TextFault | undefined;
  let firstAlias: number | undefined;
  visit(document, {
    Alias: (_key, node) => {
      const at = node.range?.[0] ?? 0;
      firstAlias ??= at;
      if (node.resolve(document) !== undefined) return undefined;
      fault = { at, message: `nothing is called &${node.source}` };
      return visit.BREAK;
    },
    Pair: (_key, { key }) => {
      if (isAlias(key) || !isScalar(key) || key.value !== "__proto__") return undefined;
      fault = { at: key.range?.[0] ?? 0, message: "unknown option __proto__" };
      return visit.BREAK;
    },
  });
  if (fault !== undefined || firstAlias === undefined) return fault;
  try {
    document.toJS();
    return undefined;
  } catch {
    return { at: firstAlias, message: "aliases stand for too much" };
  }
};
