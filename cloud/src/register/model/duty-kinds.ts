import { code, oneOf, phone, text, timeOfDay, weekdays } from "./column.ts";
import { column, optional, type RegisterKind } from "./register-kind.ts";

/** People on duty. */
export const officers: RegisterKind = {
  kind: "officers",
  table: "officer",
  title: { zh: "人员", en: "officers" },
  key: ["code"],
  columns: [
    column("code", "编号", code, "人员编号", "the person's code"),
    column("name", "姓名", text(40), "姓名", "name"),
    optional("phone", "电话", phone, "接收短信的电话", "where text messages go"),
    optional("login", "用户名", code, "登录中心的用户名", "user name at the centre"),
    optional("department", "部门", text(60), "部门", "department"),
  ],
  references: [],
  rules: [],
};

/** Tiers of duty, the nearest first. */
export const dutyTiers = ["operator", "station", "district", "city"] as const;

/** Who is on duty for an area or a site, at which tier. */
export const duties: RegisterKind = {
  kind: "duties",
  table: "duty",
  title: { zh: "值班", en: "duty roster" },
  key: ["area", "site", "tier", "rank", "calendar"],
  columns: [
    optional("area", "辖区", code, "负责的辖区；与场所二选一", "the area; either this or the site"),
    optional("site", "场所", code, "负责的场所", "the site"),
    column("tier", "层级", oneOf(...dutyTiers), "经营者、所站、区县、市", "operator, station, district or city"),
    column("rank", "顺序", oneOf("1", "2", "3", "4", "5", "6", "7", "8", "9"), "1 为首要责任人", "1 is asked first"),
    column("officer", "人员", code, "人员编号", "code of the officer"),
    optional(
      "calendar",
      "日历",
      code,
      "只在该日历的 duty 时段值班",
      "on duty in the `duty` hours of this calendar only",
    ),
  ],
  references: [
    { columns: ["area"], to: "areas" },
    { columns: ["site"], to: "sites" },
    { columns: ["officer"], to: "officers" },
    { columns: ["calendar"], to: "calendars" },
  ],
  rules: [
    {
      column: "area",
      brokenWhen: "(m.area = '') = (m.site = '')",
      text: { zh: "辖区和场所必须且只能填一个", en: "either an area or a site is named, not both" },
    },
  ],
};

/** Leave and hand-over: from when to when somebody else does an officer's duties. */
export const absences: RegisterKind = {
  kind: "absences",
  table: "absence",
  title: { zh: "请假与交接", en: "leave and hand-over" },
  key: ["officer"],
  columns: [
    column("officer", "人员", code, "请假或交出职责的人员", "who is away or hands over"),
    optional("substitute", "代班人员", code, "代班人员；空则由下一顺序负责", "who takes over; empty: the next in rank"),
    column("reason", "原因", oneOf("leave", "sick", "training", "hand-over"), "原因", "why"),
  ],
  references: [
    { columns: ["officer"], to: "officers" },
    { columns: ["substitute"], to: "officers" },
  ],
  rules: [
    {
      column: "substitute",
      brokenWhen: "m.substitute = m.officer",
      text: { zh: "代班人员不能是本人", en: "nobody takes over from himself" },
    },
  ],
};

/** Calendars: market hours, meal times, hours of duty. */
export const calendars: RegisterKind = {
  kind: "calendars",
  table: "calendar",
  title: { zh: "日历", en: "calendars" },
  key: ["code"],
  columns: [
    column("code", "编号", code, "日历编号", "the calendar's code"),
    column("name", "名称", text(60), "名称", "name"),
    optional("name_en", "英文名称", text(60), "英文名称", "name in English"),
  ],
  references: [],
  rules: [],
};

/** Hours of calendars, in the centre's time zone. */
export const hours: RegisterKind = {
  kind: "hours",
  table: "calendar_hours",
  title: { zh: "日历时段", en: "hours of calendars" },
  key: ["calendar", "purpose", "days", "start"],
  columns: [
    column("calendar", "日历", code, "日历编号", "code of the calendar"),
    column("purpose", "用途", oneOf("open", "meal", "duty"), "营业、供餐、值班", "open, serving meals, on duty"),
    column("days", "星期", weekdays, "星期，1 为周一", "days of the week, 1 = Monday"),
    column("start", "开始", timeOfDay, "开始时间", "when they begin"),
    column("end", "结束", timeOfDay, "结束时间（不含）", "when they end"),
  ],
  references: [{ columns: ["calendar"], to: "calendars" }],
  rules: [
    {
      column: "end",
      brokenWhen: 'm."end" <= m.start',
      text: { zh: "结束必须晚于开始；跨夜请分两行", en: "the end is after the start; split what goes past midnight" },
    },
  ],
};

/** Holidays, and working days that are moved to a weekend. */
export const holidays: RegisterKind = {
  kind: "holidays",
  table: "holiday",
  title: { zh: "节假日与调休", en: "holidays and moved working days" },
  key: ["calendar"],
  columns: [
    column("calendar", "日历", code, "日历编号", "code of the calendar"),
    column("name", "名称", text(60), "名称", "name"),
    column(
      "follows",
      "按星期",
      oneOf("closed", "1", "2", "3", "4", "5", "6", "7"),
      "休息，或按星期几的时段",
      "closed, or the day of the week whose hours count",
    ),
  ],
  references: [{ columns: ["calendar"], to: "calendars" }],
  rules: [],
};
