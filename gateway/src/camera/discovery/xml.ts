import { SaxesParser } from "saxes";

/** An element of a document, without its prefix. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  /** Its own characters, trimmed. */
  readonly text: string;
}

const mostBytes = 512 * 1024;
const mostElements = 10_000;
const mostDepth = 64;

interface Growing {
  readonly name: string;
  readonly attributes: Record<string, string>;
  readonly children: XmlElement[];
  text: string;
}

/**
 * Reads a document that a stranger sent: bounded in size, depth and number; document type declarations, and with them
 * entities, are refused. Undefined when it is none.
 */
export const parseXml = (source: string): XmlElement | undefined => {
  if (source.length > mostBytes || source.includes("<!DOCTYPE")) return undefined;
  const parser = new SaxesParser({ xmlns: true });
  const open: Growing[] = [];
  let root: XmlElement | undefined;
  let elements = 0;
  parser.on("error", (error) => {
    throw error;
  });
  parser.on("opentag", ({ local, attributes }) => {
    if (++elements > mostElements || open.length >= mostDepth) throw new RangeError("too large a document");
    const named = Object.values(attributes).map(({ local: name, value }) => [name, value] as const);
    open.push({ name: local, attributes: Object.fromEntries(named), children: [], text: "" });
  });
  parser.on("text", (text) => {
    const last = open.at(-1);
    if (last !== undefined) last.text += text;
  });
  parser.on("closetag", () => {
    const closed = open.pop();
    if (closed === undefined) return;
    const element = { ...closed, text: closed.text.trim() };
    const parent = open.at(-1);
    if (parent === undefined) root = element;
    else parent.children.push(element);
  });
  try {
    parser.write(source).close();
  } catch {
    return undefined;
  }
  return root;
};

/** All elements below, at any depth, that have that name. */
export const allNamed = (element: XmlElement, name: string): readonly XmlElement[] =>
  element.children.flatMap((child) => [...(child.name === name ? [child] : []), ...allNamed(child, name)]);

/** The first element below, at any depth, that has that name. */
export const firstNamed = (element: XmlElement | undefined, name: string): XmlElement | undefined => {
  for (const child of element?.children ?? []) {
    const found = child.name === name ? child : firstNamed(child, name);
    if (found !== undefined) return found;
  }
  return undefined;
};

/** A text as it may stand between tags. */
export const xmlText = (text: string): string => text.replace(/[<>&"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
