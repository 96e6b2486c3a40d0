import { mkdir, open, rename } from "node:fs/promises";
import { join } from "node:path";
import type { KeptReport, Report } from "@mingcheng/protocols";
import type { ReportLanguage } from "@mingcheng/protocols/reports";
import { reportHtml } from "../report-html.ts";
import { reportXlsx } from "../report-xlsx.ts";

/** Name of a report's file, the same everywhere: `songbai-day-2026-11-24-r1.xlsx`. */
export const reportFileName = (
  { site, period, first, revision }: Pick<KeptReport, "site" | "period" | "first" | "revision">,
  end: string,
): string => `${site.replace(/[^\p{L}\p{N}._-]/gu, "_")}-${period}-${first}-r${revision}.${end}`;

/** Under its name only when it is whole: whoever picks files up never finds half of one. */
const put = async (path: string, content: string | Uint8Array): Promise<void> => {
  const file = await open(`${path}.part`, "w", 0o640);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.part`, path);
};

/** Writes a report as workbook and as page to print into a directory, one for each language. */
export const deliverReport = async (
  directory: string,
  languages: readonly ReportLanguage[],
  { kept, report }: { readonly kept: KeptReport; readonly report: Report },
): Promise<void> => {
  await mkdir(directory, { recursive: true, mode: 0o750 });
  for (const language of languages) {
    const end = languages.length > 1 ? `${language}.` : "";
    await put(join(directory, reportFileName(kept, `${end}xlsx`)), await reportXlsx(report, language));
    await put(join(directory, reportFileName(kept, `${end}html`)), reportHtml(report, language));
  }
};
