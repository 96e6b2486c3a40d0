import { createHash } from "node:crypto";
import type { Report } from "@mingcheng/protocols";
import { type Cell, type ReportLanguage, reportHead, reportTables } from "@mingcheng/protocols/reports";
import { reportTime } from "./report-time.ts";

const style = `
@page { size: A4; margin: 14mm 12mm; }
body { font: 14px/1.5 "Noto Sans SC", "Source Han Sans SC", "PingFang SC", "Microsoft YaHei", system-ui, sans-serif;
  color: #16202E; background: #FFFFFF; max-width: 186mm; margin: 24px auto; padding: 0 12px; }
h1 { font-size: 22px; margin: 0 0 4px; }
h2 { font-size: 16px; margin: 24px 0 8px; break-after: avoid; }
p { margin: 0; color: #5B6878; }
p.warning { color: #916500; margin-top: 4px; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
thead { display: table-header-group; }
tr { break-inside: avoid; }
th, td { border-bottom: 1px solid #DDE3EC; padding: 4px 8px; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
th { color: #5B6878; font-weight: 500; }
td.number, th.number { text-align: right; overflow-wrap: normal; white-space: nowrap; }
.sign { margin-top: 40px; padding-top: 4px; border-top: 1px solid #16202E; width: 70mm; }
`;

/** What a browser may do with the page: show it, with this one style. */
export const reportContentSecurity = `default-src 'none'; style-src 'sha256-${createHash("sha256").update(style).digest("base64")}'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'`;

const escaped = (text: string): string => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);

const textOf = (cell: Cell): string => {
  if (typeof cell === "string") return escaped(cell);
  return typeof cell === "number" ? String(cell) : escaped(cell.figure);
};

/** Figures, and shares with what they are of, stand at the right; so does the dash in place of one. */
const isNumber = (cell: Cell | undefined): boolean =>
  cell !== undefined && (typeof cell !== "string" || cell === "–" || /\(\d+\/\d+\)$/.test(cell));

/** A report as one page that prints on A4 and needs nothing else: no script, no font, no picture. */
export const reportHtml = (report: Report, language: ReportLanguage): string => {
  const { title, asOf, warning, signature, nothing } = reportHead(report, language, reportTime);
  const tables = reportTables(report, language).map(({ title: name, head, rows }) => {
    if (rows.length === 0) return `<h2>${escaped(name)}</h2><p>${escaped(nothing)}</p>`;
    const align = (cell: Cell | undefined): string => (isNumber(cell) ? ' class="number"' : "");
    const heads = head.map((text, index) => `<th${align(rows[0]?.[index])}>${escaped(text)}</th>`).join("");
    const lines = rows.map((row) => `<tr>${row.map((cell) => `<td${align(cell)}>${textOf(cell)}</td>`).join("")}</tr>`);
    return `<h2>${escaped(name)}</h2><table><thead><tr>${heads}</tr></thead><tbody>${lines.join("")}</tbody></table>`;
  });
  const lang = language === "zh" ? "zh-CN" : "en";
  return `<!doctype html>
<html lang="${lang}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escaped(title)}</title><style>${style}</style></head>
<body><h1>${escaped(title)}</h1><p>${escaped(asOf)}</p>${warning === null ? "" : `<p class="warning">${escaped(warning)}</p>`}
${tables.join("\n")}
<div class="sign">${escaped(signature)}</div></body></html>
`;
};
