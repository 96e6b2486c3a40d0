import type { SetupCheck, SetupDevice, SetupPort, SetupReport, SetupState, SetupText } from "@mingcheng/protocols";

/** Free space from which a disk counts as roomy enough for months without a centre. */
const roomyBytes = 1024 ** 3;
/** A clock may be wrong by so much before somebody should look. */
const goodClockMs = 5_000;
/** Answers of the centre come at least so often. */
const freshReceiptMs = 180_000;

/** `2026-11-25 13:54:34`, an instant as the gateway's clock shows it. */
const timeText = (at: string | null, wall: string): string => {
  if (at === null) return "-";
  const [, sign = "+", hours = "0", minutes = "0"] = /([+-])(\d\d):(\d\d)$/.exec(wall) ?? [];
  const offsetMs = (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
  return new Date(Date.parse(at) + offsetMs).toISOString().slice(0, 19).replace("T", " ");
};

type Verdict = SetupCheck["verdict"];

const check = (
  id: string,
  verdict: Verdict,
  title: SetupText,
  text: SetupText,
  next: SetupText | null = null,
): SetupCheck => ({ id, verdict, title, text, next: verdict === "pass" ? null : next });

const enrolment = ({ gw, site, centreName, kid }: SetupState): SetupCheck =>
  check(
    "enrolment",
    "pass",
    { zh: "登记", en: "Enrolment" },
    {
      zh: `${gw}，${site}，中心“${centreName}”，密钥 ${kid}`,
      en: `${gw}, ${site}, centre “${centreName}”, key ${kid}`,
    },
  );

const deviceWords = ({ frames, captured, lastFrameAt, address }: SetupDevice, wall: string): SetupText => {
  const records = Object.values(captured).reduce((sum, count) => sum + count, 0);
  const last = timeText(lastFrameAt, wall);
  return {
    zh: `${address}；帧 ${frames}，记录 ${records}，最近数据 ${last}`,
    en: `${address}; ${frames} frames, ${records} records, last heard ${last}`,
  };
};

const deviceVerdict = ({ state, next, frames, missed, quarantined, unidentified }: SetupDevice): Verdict => {
  if (unidentified !== null || missed > 0 || quarantined > 0) return "attention";
  if (state !== "online") return "fail";
  return next === null && frames > 0 ? "pass" : "attention";
};

const deviceCheck = (device: SetupDevice, wall: string): SetupCheck => {
  const { id, protocol, name } = device;
  const quiet: SetupText = {
    zh: "还没有收到过数据：称一次重或做一次检测，再查",
    en: "nothing was heard yet: weigh something or run a test, then check again",
  };
  return check(
    `device.${id}`,
    deviceVerdict(device),
    { zh: `设备 ${id}（${name?.zh ?? protocol}）`, en: `Device ${id} (${name?.en ?? protocol})` },
    deviceWords(device, wall),
    device.next ?? (device.frames === 0 ? quiet : null),
  );
};

const devicesCheck = ({ devices, clock }: SetupState): readonly SetupCheck[] =>
  devices.length > 0
    ? devices.map((device) => deviceCheck(device, clock.wall))
    : [
        check(
          "devices",
          "fail",
          { zh: "设备", en: "Devices" },
          { zh: "没有配置任何设备", en: "no device is configured" },
          { zh: "在“端口与识别”中识别并接受", en: "detect and accept one under “Ports and detection”" },
        ),
      ];

const adapterCheck = (ports: readonly SetupPort[]): readonly SetupCheck[] => {
  const bySocket = ports.filter(({ boundBy, device }) => boundBy === "socket" && device !== null);
  if (bySocket.length === 0) return [];
  const names = bySocket.map(({ device }) => device).join(", ");
  return [
    check(
      "adapters",
      "attention",
      { zh: "USB 转接器", en: "USB adapters" },
      { zh: `没有唯一序列号，按插口识别：${names}`, en: `without a serial number, known by their socket: ${names}` },
      {
        zh: "给插口贴标签，不要调换；或改用带序列号的转接器",
        en: "label the sockets and do not swap; or use adapters with serial numbers",
      },
    ),
  ];
};

const plainCheck = ({ devices }: SetupState): readonly SetupCheck[] => {
  const plain = devices.filter(({ insecureTransport }) => insecureTransport).map(({ id }) => id);
  if (plain.length === 0) return [];
  return [
    check(
      "plain-text",
      "attention",
      { zh: "明文设备", en: "Plain-text devices" },
      { zh: plain.join("、"), en: plain.join(", ") },
      {
        zh: "确认它们在专用的、无外人接入的网络中",
        en: "see that they are on a network of their own that no stranger reaches",
      },
    ),
  ];
};

const uplinkVerdict = ({ uplink, clock }: SetupState): Verdict => {
  if (uplink.state !== "ready" || uplink.lastReceiptAt === null) return "fail";
  const ageMs = Date.parse(clock.wall) - Date.parse(uplink.lastReceiptAt);
  return ageMs <= freshReceiptMs && uplink.next === null ? "pass" : "attention";
};

const uplinkCheck = (state: SetupState): SetupCheck => {
  const { uplink } = state;
  const last = timeText(uplink.lastReceiptAt, state.clock.wall);
  const error = uplink.error === null ? "" : `；${uplink.error.code}`;
  const english = uplink.error === null ? "" : `; ${uplink.error.code}: ${uplink.error.message}`;
  const words = {
    down: { zh: "未连接", en: "not connected" },
    connected: { zh: "已连接，等待中心应答", en: "connected, waiting for the centre" },
    ready: { zh: "已连通", en: "connected" },
  }[uplink.state];
  return check(
    "uplink",
    uplinkVerdict(state),
    { zh: "上行", en: "Uplink" },
    {
      zh: `${words.zh}；最近应答 ${last}；待传 ${uplink.pending} 条${error}`,
      en: `${words.en}; last answer ${last}; ${uplink.pending} records waiting${english}`,
    },
    uplink.next ?? { zh: "稍等片刻再查", en: "wait a little and check again" },
  );
};

const clockCheck = ({ clock }: SetupState): SetupCheck => {
  const error = clock.errMs === null ? null : Math.round(clock.errMs);
  const source = {
    ntp: { zh: "网络对时（NTP）", en: "NTP" },
    rtc: { zh: "实时时钟", en: "real-time clock" },
    receipt: { zh: "中心应答", en: "the centre's answers" },
    none: { zh: "无", en: "none" },
  }[clock.sync];
  const isGood = clock.sync !== "none" && !clock.isBehind && error !== null && error <= goodClockMs;
  const verdict: Verdict = clock.sync === "none" || clock.isBehind ? "fail" : isGood ? "pass" : "attention";
  return check(
    "clock",
    verdict,
    { zh: "时钟", en: "Clock" },
    {
      zh: `${timeText(clock.wall, clock.wall)}；来源：${source.zh}；误差${error === null ? "未知" : `不超过 ${error} 毫秒`}`,
      en: `${timeText(clock.wall, clock.wall)}; source: ${source.en}; error ${error === null ? "not known" : `at most ${error} ms`}`,
    },
    clock.next ?? { zh: "接通网络对时服务后再查", en: "give it a time service, then check again" },
  );
};

const storageCheck = ({ outbox, quarantineFiles }: SetupState): SetupCheck => {
  const free = (outbox.freeBytes / 1024 ** 3).toFixed(1);
  const isRoomy = outbox.freeBytes >= roomyBytes && quarantineFiles === 0 && outbox.next === null;
  const verdict: Verdict = outbox.state !== "ok" ? "fail" : isRoomy ? "pass" : "attention";
  return check(
    "storage",
    verdict,
    { zh: "存储", en: "Storage" },
    {
      zh: `${outbox.state === "ok" ? "可写" : outbox.state}；发件箱 ${outbox.bufferedRecords} 条；剩余 ${free} GiB；隔离文件 ${quarantineFiles} 个`,
      en: `${outbox.state === "ok" ? "writable" : outbox.state}; ${outbox.bufferedRecords} records in the outbox; ${free} GiB free; ${quarantineFiles} files in quarantine`,
    },
    outbox.next ?? { zh: "腾出空间；查看隔离文件", en: "free some space; look at the files in quarantine" },
  );
};

const worst = (checks: readonly SetupCheck[]): Verdict => {
  if (checks.some(({ verdict }) => verdict === "fail")) return "fail";
  return checks.some(({ verdict }) => verdict === "attention") ? "attention" : "pass";
};

/** The acceptance report: everything that has to be right before an installer leaves, with what to do where it is not. Pure. */
export const selfCheck = (state: SetupState, ports: readonly SetupPort[]): SetupReport => {
  const { at, gw, site, centreName, software, kid, devices } = state;
  const checks = [
    enrolment(state),
    ...devicesCheck(state),
    ...adapterCheck(ports),
    ...plainCheck(state),
    uplinkCheck(state),
    clockCheck(state),
    storageCheck(state),
  ];
  return { at, gw, site, centreName, software, kid, verdict: worst(checks), checks, devices };
};
