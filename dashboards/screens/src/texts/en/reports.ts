import type { reportTexts as zh } from "../zh/reports.ts";

/** What the page of reports says, in English. */
export const reportTexts: typeof zh = {
  reports: {
    site: "Site",
    day: "Daily",
    week: "Weekly",
    period: "Report",
    date: "Date",
    print: "Page to print (or save as PDF)",
    workbook: "Excel",
    noSites: "There is no site in your area yet.",
    noSitesNext: "Once an administrator enters sites into the register, they can be chosen here.",
    empty: "None",
    kept: "Made on schedule",
    keptAt:
      "The day before is due from {at} on, on Mondays the week. What changes later makes another revision; those before it stay.",
    keptOff: "Nothing is made on schedule (cloud.yaml: reports.at).",
    keptNone: "None yet.",
    of: "Period",
    revision: "Revision",
    madeAt: "Made",
    ledger: "Ledger number",
    digest: "Digest (SHA-256)",
    files: "Files",
    incomplete: "Incomplete",
    complete: "Complete",
    state: "State",
  },
};
