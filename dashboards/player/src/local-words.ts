import type { TileState } from "./tile.ts";

/** A text in both languages, Chinese first. */
export type Words = readonly [zh: string, en: string];

const states: Readonly<Record<string, Words>> = {
  none: ["未观看", "not watched"],
  connecting: ["连接中", "connecting"],
  pending: ["等待第一帧", "waiting for the first picture"],
  live: ["实时", "live"],
  recorded: ["录像", "recorded"],
  paused: ["已暂停", "paused"],
  stale: ["画面已停，不再显示", "no new picture: nothing is shown"],
  stalled: ["画面停滞", "stalled"],
  frozen: ["画面冻结", "frozen"],
  black: ["黑屏", "black"],
  covered: ["被遮挡", "covered"],
  "auth-failed": ["摄像机拒绝密码", "the camera refuses the password"],
  disconnected: ["摄像机离线", "the camera is offline"],
  unsupported: ["浏览器不能播放该编码", "this browser cannot play the codec"],
  refused: ["无权观看", "refused"],
  ended: ["已结束", "ended"],
};

const forms: Readonly<Record<string, Words>> = {
  main: ["主码流", "main stream"],
  sub: ["子码流", "sub-stream"],
  pictures: ["关键帧图片", "key-frame pictures"],
  stills: ["每 10 秒一张图片", "a picture every 10 s"],
  compatible: ["兼容画面（MPEG-1）", "compatible video (MPEG-1)"],
};

const reasons: Readonly<Record<string, Words>> = {
  codec: ["浏览器不能播放原编码", "this browser cannot play the camera's codec"],
  slow: ["网络慢", "the line is slow"],
};

const codes: Readonly<Record<string, Words>> = {
  RECORDING_ENDED: ["录像播放完毕", "the recording ends here"],
  RECORDING_NOT_FOUND: ["这段时间没有录像", "nothing was recorded from then on"],
  DECODER_MISSING: ["网关未安装 ffmpeg", "ffmpeg is not installed at the gateway"],
  VIEWERS_TOO_MANY: ["观看人数已满", "too many are watching already"],
};

/** What a tile shows, in one line: the state, its reason, the form, and why it is not as wanted. */
export const tileText = (tile: TileState, say: (words: Words) => string): string => {
  const word = (known: Readonly<Record<string, Words>>, name: string): string => say(known[name] ?? [name, name]);
  const reason = tile.reason === "" || tile.state === "live" ? "" : `（${word(codes, tile.reason)}）`;
  const parts = [`${word(states, tile.state)}${reason}`];
  if (tile.state === "live") {
    const movie = tile.showing === "main" || tile.showing === "sub";
    const form = word(forms, movie ? (tile.source ?? tile.showing) : tile.showing);
    parts.push(tile.why === null ? form : `${form}（${word(reasons, tile.why)}）`);
    const shown = new Date(tile.takenMs ?? 0).toLocaleTimeString("sv-SE");
    if (!movie && tile.takenMs !== null) parts.push(say([`拍摄于 ${shown}`, `taken at ${shown}`]));
    else if (tile.ageMs !== null) parts.push(`${(tile.ageMs / 1_000).toFixed(1)} s`);
  }
  if (tile.state === "recorded" && tile.takenMs !== null) parts.push(new Date(tile.takenMs).toLocaleString("sv-SE"));
  return parts.join(" · ");
};
