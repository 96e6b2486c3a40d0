import { MingchengError } from "@mingcheng/protocols";

/**
 * A moment as people write it: ISO 8601 with offset, local `2026-11-25 11:02[:30]`, or `11:02[:30]` of today. Milliseconds
 * since 1970. @throws {MingchengError} INPUT_INVALID
 */
export const momentOf = (text: string, field: string, nowMs: number = Date.now()): number => {
  const invalid = (): MingchengError =>
    new MingchengError("INPUT_INVALID", `${text}: 2026-11-25T11:02:00+08:00, "2026-11-25 11:02", 11:02`, { field });
  if (/^\d{4}-\d{2}-\d{2}T[\d:.]{5,12}(Z|[+-]\d{2}:\d{2})$/.test(text)) {
    const ms = Date.parse(text);
    if (Number.isNaN(ms)) throw invalid();
    return ms;
  }
  const [, date, hour, minute, second = "0"] =
    /^(?:(\d{4}-\d{2}-\d{2})[ T])?(\d{1,2}):(\d{2})(?::(\d{2}))?$/.exec(text) ?? [];
  if (hour === undefined || minute === undefined) throw invalid();
  const now = new Date(nowMs);
  const [year, month, day] =
    date === undefined
      ? [now.getFullYear(), now.getMonth() + 1, now.getDate()]
      : (date.split("-").map(Number) as [number, number, number]);
  const at = new Date(year, month - 1, day, Number(hour), Number(minute), Number(second));
  // What the calendar or the clock does not have comes out as another moment.
  if (at.getMonth() !== month - 1 || at.getHours() !== Number(hour) || at.getMinutes() !== Number(minute))
    throw invalid();
  return at.getTime();
};
