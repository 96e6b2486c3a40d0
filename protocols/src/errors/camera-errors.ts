import { type ErrorEntry, entry } from "./error-entry.ts";

/** Errors of cameras, their recordings and pictures. */
export const cameraErrors = {
  RECORDING_HOLDS_DAMAGED: entry(
    false,
    "录像保全清单已损坏，停止删除任何录像",
    "the list of held recordings is damaged; nothing is deleted until it is mended",
    "从备份恢复该文件；确认没有需要保全的录像后，可删除该文件",
    "restore the file from a copy; delete it only when nothing has to be kept",
  ),
  RECORDING_HOLDS_FULL: entry(
    false,
    "保全的录像过多",
    "too many spans are held",
    "解除不再需要的保全",
    "release what is not needed any more",
  ),
  RECORDING_SHARES_DISK: entry(
    false,
    "录像目录与发件箱在同一文件系统，且没有设置硬上限",
    "recordings would lie on the outbox's file system without a hard limit",
    "把录像放到另一块盘，或设置 recording.maxGiB",
    "put recordings on another disk, or set recording.maxGiB",
  ),
  RECORDING_NOT_FOUND: entry(
    false,
    "该时段没有录像",
    "nothing was recorded in that time",
    "查看时间线，选择有画面的时段",
    "look at the timeline and choose a time with a picture",
  ),
  CLIP_TOO_LONG: entry(false, "片段过长", "the clip is too long", "分成几段导出", "export it in parts"),
  CLIP_INVALID: entry(
    false,
    "片段或清单与签名不符",
    "clip or manifest do not match what was signed",
    "向导出单位重新索取；不要把它当作证据",
    "ask for it again where it was exported; do not take it for evidence",
  ),
  CAMERA_PASSWORDS_DAMAGED: entry(
    false,
    "摄像机密码文件无法使用",
    "the file with the cameras' passwords cannot be used",
    "删除 camera-passwords.json 和 camera-passwords.key，然后用 mingcheng-gateway camera password 重新设置",
    "delete camera-passwords.json and camera-passwords.key, then set them again with mingcheng-gateway camera password",
  ),
  DECODER_MISSING: entry(
    false,
    "没有安装 ffmpeg，无法取得照片，也无法判断画面是否冻结或被遮挡",
    "ffmpeg is not installed: no stills, and frozen or covered pictures are not noticed",
    "安装：sudo apt-get install -y ffmpeg",
    "install it: sudo apt-get install -y ffmpeg",
  ),
  PICTURE_UNREADABLE: entry(
    true,
    "画面无法解码",
    "the picture cannot be decoded",
    "检查摄像机编码；若持续出现，把主码流改为 H.264",
    "check the camera's encoding; if it stays, set its stream to H.264",
  ),
} as const satisfies Record<string, ErrorEntry>;
