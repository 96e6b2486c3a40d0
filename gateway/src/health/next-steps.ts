import { type ErrorCode, errorCatalogue } from "@mingcheng/protocols";
import type { OutboxCondition } from "../outbox/outbox.ts";
import type { DeviceStatus } from "../supervisor/device-status.ts";
import type { NextStep } from "./status-schema.ts";

/** What the catalogue says to do about an error. */
export const nextOf = (code: ErrorCode): NextStep => errorCatalogue[code].next;

/** The error of a disk condition. */
export const codeOfCondition: Readonly<Record<Exclude<OutboxCondition, "ok">, ErrorCode>> = {
  full: "OUTBOX_FULL",
  "read-only": "OUTBOX_READ_ONLY",
  "io-error": "OUTBOX_IO",
};

const silentStep: NextStep = {
  zh: "线路已打开但没有数据：检查设备电源、接线（TX/RX 是否接反）、串口参数，以及设备是否设为连续发送",
  en: "the line is open but nothing is heard: check the device's power, the wiring (TX and RX swapped?), the line settings, and that it is set to send by itself",
};

const garbageStep: NextStep = {
  zh: "收到的字节不成帧：核对波特率、数据位、校验位和协议，可用 decode 命令试解",
  en: "bytes arrive that are no frames: check baud rate, data bits, parity and protocol; try the decode command on them",
};

/** What to do about an adapter that nobody has confirmed. */
const confirmStep = ({ path, mayBe }: NonNullable<DeviceStatus["unidentified"]>): NextStep => ({
  zh: `无法确认这个转接器是哪台设备（可能是 ${mayBe.join("、")}）：核实后把该设备的 address 改为 ${path} 并重启；读数照常保存在本编号下`,
  en: `it is not certain which device this adapter is (may be ${mayBe.join(", ")}): find out, set that device's address to ${path} and restart; readings are kept under this id meanwhile`,
});

/** What to do about a device. */
export const nextOfDevice = ({ state, fault, meter, quietForMs, unidentified }: DeviceStatus): NextStep => {
  if (unidentified !== undefined) return confirmStep(unidentified);
  const isGarbage = meter.total("discarded_bytes") > 0 && (quietForMs === null || state === "silent");
  switch (state) {
    case "offline":
    case "parked":
      return fault === null ? silentStep : nextOf(fault);
    case "silent":
      return isGarbage ? garbageStep : silentStep;
    case "connected":
      return isGarbage ? garbageStep : null;
    case "opening":
    case "online":
      return null;
  }
};

/** What to do about the clock. Readings are captured all the same. */
export const clockStep: NextStep = {
  zh: "时钟尚未校准：检查 NTP（systemctl status systemd-timesyncd）。读数照常采集，中心会推算真实时间",
  en: "the clock is not set: check NTP (systemctl status systemd-timesyncd). Readings are captured all the same, the centre works out their time",
};

/** What to do about readings that could not become records. */
export const quarantineStep = (directory: string): NextStep => ({
  zh: `有读数无法成为记录，已连同原始字节保存在 ${directory}：把文件交给维护人员，确认后删除`,
  en: `readings that could not become records lie with their bytes in ${directory}: hand the files to whoever maintains this, then delete them`,
});

/** What to do when the next segment file could not be made. */
export const spaceStep: NextStep = {
  zh: "磁盘空间不足以准备下一个段文件：请尽快清理磁盘，否则将无法采集",
  en: "there is no room for the next segment file: free disk space soon, or captures will fail",
};
