/**
 * How the rules' thread uses `alerts.db`: what rules gather is in its memory already, and steps are many and small. A
 * checkpoint holds up the messages of its moment, and writes every page once however often it was changed: it is made
 * after 96 MB of the log, which is some minutes of a city.
 */
export const rulesSettings = ["cache_size = -16384", "wal_autocheckpoint = 24000"] as const;
