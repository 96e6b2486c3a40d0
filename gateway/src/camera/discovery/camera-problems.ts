import { isCode, type SetupProblem, type SetupText } from "@mingcheng/protocols";
import type { OnvifProblem } from "./onvif-client.ts";

type Words = Omit<SetupProblem, "detail">;

const text = (zh: string, en: string): SetupText => ({ zh, en });

const address: Words = {
  about: "address",
  what: text("地址不对，或不在摄像机网段内", "the address is wrong, or in none of the cameras' networks"),
  next: text(
    "写成 rtsp://地址:端口/路径，不带用户名和密码；网段见配置 cameras.subnets",
    "write rtsp://address:port/path without user and password; the networks are in cameras.subnets",
  ),
};
const notReached: Words = {
  about: "not-reached",
  what: text("连不上摄像机", "the camera cannot be reached"),
  next: text(
    "检查网线、电源、IP 地址和端口（RTSP 一般是 554）",
    "check cable, power, address and port (RTSP is usually 554)",
  ),
};
const password: Words = {
  about: "password",
  what: text("摄像机拒绝了用户名或密码", "the camera refuses user or password"),
  next: text(
    "核对用户名和密码；多次错误会锁定账号，等几分钟再试",
    "check user and password; after several wrong tries cameras lock the account: wait some minutes",
  ),
};
const codec: Words = {
  about: "codec",
  what: text("编码不受支持", "the codec is not supported"),
  next: text("在摄像机上把编码改为 H.264（或 H.265）", "set the camera's encoding to H.264 (or H.265)"),
};
const path: Words = {
  about: "path",
  what: text("摄像机上没有这个路径", "the camera has no such path"),
  next: text(
    "用“查看码流”取得正确的地址，或查阅摄像机说明书",
    "let the camera name its streams, or look the path up in its manual",
  ),
};
const noPicture: Words = {
  about: "no-picture",
  what: text("已连接，但没有画面", "connected, but no picture came"),
  next: text(
    "把关键帧间隔设为 1-2 秒，关闭“智能编码”（H.264+/H.265+），再试",
    "set the key-frame interval to 1-2 s, switch off smart codecs (H.264+, H.265+), and try again",
  ),
};
const answer: Words = {
  about: "answer",
  what: text("摄像机的应答无法理解", "the camera's answer cannot be understood"),
  next: text("升级摄像机固件，或换用主码流地址", "update the camera's firmware, or try its other stream"),
};

/** Why a session could not be made, in the words of an installer. */
export const sessionProblem = (error: unknown): SetupProblem => {
  const detail = error instanceof Error ? error.message.slice(0, 200) : "";
  if (isCode(error, "CAMERA_ADDRESS_INVALID")) return { ...address, detail };
  if (isCode(error, "CAMERA_UNREACHABLE")) return { ...notReached, detail };
  if (isCode(error, "CAMERA_PASSWORD_REFUSED")) return { ...password, detail };
  if (isCode(error, "CAMERA_CODEC_UNUSABLE")) return { ...codec, detail };
  if (isCode(error, "CAMERA_ANSWER_UNUSABLE")) return { ...(/: (?:404|454) /.test(detail) ? path : answer), detail };
  throw error;
};

/** Connected, and nothing to be seen. */
export const pictureProblem = (detail: string): SetupProblem => ({ ...noPicture, detail });

const onvif: Readonly<Record<OnvifProblem, Words>> = {
  "not-reached": notReached,
  "timed-out": notReached,
  "refused-password": password,
  "foreign-address": address,
  "clock-differs": {
    about: "clock",
    what: text(
      "摄像机的时钟差得太多，因此拒绝所有密码",
      "the camera's clock is so wrong that it refuses every password",
    ),
    next: text(
      "在摄像机上设置 NTP 或校准时间（注意时区），再试",
      "set NTP or the time at the camera (mind the time zone), and try again",
    ),
  },
  "no-onvif": {
    about: "no-onvif",
    what: text("这个地址不提供 ONVIF", "there is no ONVIF at this address"),
    next: text(
      "在摄像机上开启 ONVIF 并建立 ONVIF 用户，或直接填写 RTSP 地址",
      "switch ONVIF on at the camera and make a user for it, or write its RTSP address yourself",
    ),
  },
};

/** Why a camera did not tell its streams. */
export const onvifProblem = (problem: OnvifProblem, detail: string): SetupProblem => ({ ...onvif[problem], detail });
