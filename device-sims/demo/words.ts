import type { CheckId } from "./checks.ts";
import type { Language } from "./options.ts";
import type { StageOptions } from "./stage.ts";
import type { Scene } from "./story.ts";

type Said = Readonly<Record<Language, string>>;

/** What is being set up. */
export const steps: Readonly<Record<Parameters<StageOptions["progress"]>[0], Said>> = {
  centre: {
    zh: "启动中心（MQTT/TLS、账本、规则、界面）",
    en: "starting the centre (MQTT over TLS, ledger, rules, screens)",
  },
  devices: { zh: "启动模拟秤和检测仪", en: "starting simulated scales and the tester" },
  enrol: { zh: "用一次性登记码登记网关", en: "enrolling the gateway with a single-use code" },
  gateway: { zh: "启动网关", en: "starting the gateway" },
};

/** What happens in the scenario. */
export const scenes: Readonly<Record<Scene, Said>> = {
  "market-opens": { zh: "开市：各摊位开始称重", en: "the market opens: every stall weighs" },
  "first-positive": {
    zh: "检测仪：韭菜抑制率 62.3 %，阳性（待复检）",
    en: "tester: leek 62.3 % inhibition, positive (to be confirmed)",
  },
  "alert-fired": { zh: "预警已发出", en: "the alert has fired" },
  "link-down": { zh: "上行链路中断：网关继续采集", en: "the uplink is down: the gateway goes on capturing" },
  "positive-offline": { zh: "断网期间又检出一份阳性韭菜", en: "another positive leek while offline" },
  "link-back": {
    zh: "链路恢复，但很慢：补传开始，预警应先到",
    en: "the link is back, and weak: the backlog drains, the alert must come first",
  },
  "backlog-drained": { zh: "补传完成", en: "the backlog has drained" },
  "gateway-killed": { zh: "网关被 SIGKILL 强行终止", en: "the gateway is killed with SIGKILL" },
  "gateway-back": { zh: "网关重新启动", en: "the gateway starts again" },
  "all-told": { zh: "全部记录已送达，开始核对", en: "everything has arrived; comparing" },
};

/** What is judged. */
export const checks: Readonly<Record<CheckId, Said>> = {
  "enough-said": { zh: "设备说过的读数足够多", en: "the devices said enough to prove something" },
  "ledger-missing": { zh: "账本缺少的读数", en: "readings missing from the ledger" },
  "ledger-twice": { zh: "账本重复的读数", en: "readings twice in the ledger" },
  "ledger-invented": { zh: "账本多出的读数", en: "readings invented in the ledger" },
  "screen-agrees": { zh: "界面与账本一致", en: "the screens agree with the ledger" },
  "chain-verifies": { zh: "导出的证据通过核验", en: "the exported evidence verifies" },
  "real-backlog": { zh: "恢复时确有积压", en: "there was a real backlog" },
  "backlog-drained": { zh: "积压已补传", en: "the backlog drained" },
  "alert-once": { zh: "每份阳性只预警一次", en: "one alert per positive" },
  "alert-while-draining": { zh: "预警先于补传完成（提前量）", en: "alerted while the backlog was draining (ahead by)" },
  "webhook-once": { zh: "通知渠道各收到一次", en: "the webhook was called once each" },
};

/** Headings and sentences around them. */
export const words = {
  title: { zh: "明秤演示：一个市场，{n} 台设备", en: "Mingcheng demo: one market, {n} devices" },
  table: {
    zh: ["设备", "类别", "说过", "免责", "入账", "缺失", "重复", "多出"],
    en: ["device", "kind", "said", "excused", "stored", "missing", "twice", "invented"],
  },
  kinds: { zh: { weighing: "称重", test: "快检" }, en: { weighing: "weighing", test: "test" } },
  good: { zh: "通过", en: "ok" },
  bad: { zh: "未通过", en: "FAILED" },
  allGood: { zh: "全部通过。", en: "All checks passed." },
  notGood: { zh: "有检查未通过。", en: "Some checks failed." },
  screens: { zh: "界面", en: "screens" },
  login: { zh: "登录", en: "sign in" },
  inspector: { zh: "登录（松柏所，只见本市场）", en: "sign in (Songbai station, sees this market only)" },
  cameras: { zh: "摄像机", en: "cameras" },
  noDecoder: {
    zh: "没有 ffmpeg：画面照常，但不判断黑屏、冻结，也没有证据照片（apt install ffmpeg）",
    en: "no ffmpeg: pictures come, but black and frozen ones are not told apart, and no stills are kept (apt install ffmpeg)",
  },
  certificate: {
    zh: "（浏览器会提示证书由本机中心签发，这是演示的自有 CA）",
    en: "(the browser warns: the certificate is issued by the demo's own authority)",
  },
  stop: {
    zh: "按 Ctrl-C 结束。加 -- --check 运行完整核对。",
    en: "Ctrl-C ends it. Add -- --check for the full comparison.",
  },
} as const;
