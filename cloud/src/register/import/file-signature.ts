import { open } from "node:fs/promises";

/** What a file is by its first octets, whatever its name says. */
export type FileKind = "zip" | "compound" | "utf-16" | "utf-8" | "other";

const signatures: readonly (readonly [FileKind, readonly number[]])[] = [
  // A workbook (.xlsx) is a ZIP archive.
  ["zip", [0x50, 0x4b, 0x03, 0x04]],
  // Compound File Binary: workbooks before 2007 (.xls), and .xlsx that are protected with a password.
  ["compound", [0xd0, 0xcf, 0x11, 0xe0]],
  ["utf-8", [0xef, 0xbb, 0xbf]],
  ["utf-16", [0xff, 0xfe]],
  ["utf-16", [0xfe, 0xff]],
];

/** Looks at the first octets of a file. @throws the system's error */
export const fileKindOf = async (path: string): Promise<FileKind> => {
  const file = await open(path, "r");
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0);
    const first = buffer.subarray(0, bytesRead);
    return signatures.find(([, octets]) => octets.every((octet, at) => first[at] === octet))?.[0] ?? "other";
  } finally {
    await file.close();
  }
};

/** What to say of a workbook that cannot be read as one. */
export const compoundReason =
  "an Excel file before 2007 (.xls) or protected with a password; save it as .xlsx without one (旧版 Excel（.xls）或带密码的文件，请另存为不带密码的 .xlsx)";
