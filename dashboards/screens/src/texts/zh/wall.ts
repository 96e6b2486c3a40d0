/** What the wall says, in Chinese. */
export const wallTexts = {
  wall: {
    title: "指挥大屏",
    alerts: "需要处理",
    more: "另有 {n} 条",
    waiting: "待签收预警",
    oldest: "最久已等 {span}",
    stale: "数据截至 {time}，已 {span}未更新",
    positives: "阳性（待复检）{n}",
    sites: "各市场",
    site: "市场",
    online: "在线",
    weighings: "称重",
    tests: "快检",
    open: "预警",
    moreSites: "另有 {n} 个市场",
    meanings: { normal: "正常", attention: "有预警", alarm: "有告警", unknown: "失联" },
    testsByHour: "快检（每小时批次）",
    weighingsByHour: "称重（每小时次数）",
    chart: "{title}，每小时最多 {most}",
  },
};
