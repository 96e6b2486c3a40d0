import { createReadStream } from "node:fs";
import { MingchengError } from "@mingcheng/protocols";
import { compoundReason, fileKindOf } from "./file-signature.ts";

/** Encodings that files may have. */
export const encodings = ["utf-8", "gb18030"] as const;

/** One of {@link encodings}. */
export type Encoding = (typeof encodings)[number];

const refuse = (path: string, reason: string): never => {
  throw new MingchengError("INPUT_INVALID", `${path}: ${reason}`, { field: "file" });
};

const lineFeed = 0x0a;

/** Number of the first line that is not in the encoding. No character of these encodings has a line feed inside. */
const damagedLine = async (path: string, encoding: Encoding): Promise<number> => {
  const decoder = new TextDecoder(encoding, { fatal: true });
  let line = 1;
  for await (const chunk of createReadStream(path, { highWaterMark: 64 * 1024 })) {
    const bytes = chunk as Uint8Array;
    try {
      for (let at = 0; at < bytes.length; line++) {
        const end = bytes.indexOf(lineFeed, at);
        decoder.decode(bytes.subarray(at, end === -1 ? bytes.length : end + 1), { stream: true });
        if (end === -1) break;
        at = end + 1;
      }
    } catch {
      return line;
    }
  }
  return line;
};

/** Reads a file as text of one encoding. @throws {MingchengError} INPUT_INVALID naming the first line that is not in it */
export async function* decodeFile(path: string, encoding: Encoding): AsyncGenerator<string> {
  const decoder = new TextDecoder(encoding, { fatal: true });
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 64 * 1024 })) {
      yield decoder.decode(chunk as Uint8Array, { stream: true });
    }
    yield decoder.decode();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const line = await damagedLine(path, encoding);
    refuse(path, `line ${line} is no ${encoding} text (第 ${line} 行不是 ${encoding} 编码的文本，可能已损坏)`);
  }
}

interface Survey {
  readonly damaged: number;
  readonly chinese: number;
}

/** Reads the whole file as UTF-8 that may be damaged. */
const survey = async (path: string): Promise<Survey> => {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  let damaged = 0;
  let chinese = 0;
  const count = (text: string): void => {
    for (let at = 0; at < text.length; at++) {
      const unit = text.charCodeAt(at);
      if (unit === 0xfffd) damaged++;
      else if (unit >= 0x4e00 && unit <= 0x9fff) chinese++;
    }
  };
  for await (const chunk of createReadStream(path, { highWaterMark: 64 * 1024 })) {
    count(decoder.decode(chunk as Uint8Array, { stream: true }));
  }
  count(decoder.decode());
  return { damaged, chinese };
};

/**
 * Tells UTF-8 (with or without byte order mark) from GB18030 by the whole file. UTF-8 with damaged places is not taken for
 * GB18030, as which it would read as other words.
 * @throws {MingchengError} INPUT_INVALID for UTF-16, and for workbooks whose name is not that of one
 */
export const detectEncoding = async (path: string): Promise<Encoding> => {
  const kind = await fileKindOf(path);
  if (kind === "utf-16") refuse(path, "UTF-16 text; save it as “CSV UTF-8” (UTF-16 编码，请另存为“CSV UTF-8”)");
  if (kind === "compound") refuse(path, compoundReason);
  if (kind === "zip")
    refuse(path, "an Excel workbook or an archive; a workbook is named .xlsx (工作簿须以 .xlsx 命名)");
  if (kind === "utf-8") return "utf-8";
  const { damaged, chinese } = await survey(path);
  // A GB18030 text read as UTF-8 is nearly all damage; it hardly ever yields Chinese.
  return damaged === 0 || chinese > damaged ? "utf-8" : "gb18030";
};
