import { type ErrorEntry, errorCatalogue } from "@mingcheng/protocols";

const cell = (text: string): string => text.replaceAll("|", "\\|");

/** `docs/errors.md`, written from the error catalogue: one row per code, in both languages. */
export const generated = (): { path: string; text: string }[] => {
  const rows = Object.entries<ErrorEntry>(errorCatalogue)
    .sort(([a], [b]) => a.localeCompare(b, "en"))
    .map(
      ([code, entry]) =>
        `| <a id="${code.toLowerCase()}"></a>\`${code}\` | ${entry.retryable ? "yes" : "no"} | ${cell(entry.zh)} | ${cell(entry.next.zh)} | ${cell(entry.en)} | ${cell(entry.next.en)} |`,
    );
  const text = [
    "# Errors 错误代码",
    "",
    "Generated from `protocols/src/errors/catalogue.ts` by `npm run gen`. “Retry”: the same call can succeed later",
    "without anybody changing anything.",
    "",
    "| code 代码 | retry 可重试 | 发生了什么 | 下一步 | what happened | what to do next |",
    "|---|---|---|---|---|---|",
    ...rows,
    "",
  ].join("\n");
  return [{ path: "docs/errors.md", text }];
};
