/** How the rules' thread uses `alerts.db`: what rules gather is in its memory already, and steps are many and small. */
export const rulesSettings = ["cache_size = -16384", "wal_autocheckpoint = 4000"] as const;
