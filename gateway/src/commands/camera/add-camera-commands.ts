import type { Command } from "commander";
import type { Speech } from "./spot.ts";

type Text = (zh: string, en: string) => string;

/** What all of it is written with. */
export interface CameraCommandsParts extends Speech {
  readonly text: Text;
}

const configText = (text: Text) => ["--config <file>", text("配置文件（YAML）", "configuration file (YAML)")] as const;
const jsonText = (text: Text) => ["--json", text("以 JSON 输出", "print JSON")] as const;
const channelText = (text: Text) =>
  ["--channel <id>", text("通道编号，见配置 cameras.channels", "id of the channel, as in cameras.channels")] as const;
const spanText = (text: Text): readonly (readonly [string, string])[] => [
  [
    "--from <time>",
    text(
      '起：2026-11-25T11:02:00+08:00、"2026-11-25 11:02" 或 11:02',
      'from: 2026-11-25T11:02:00+08:00, "2026-11-25 11:02" or 11:02',
    ),
  ],
  ["--to <time>", text("止", "until")],
];
const byText = (text: Text) =>
  ["--by <person>", text("谁要求的；默认当前用户", "who asks; the present user unless said")] as const;

const addPassword = (camera: Command, { text, ...speech }: CameraCommandsParts): void => {
  camera
    .command("password")
    .description(
      text("设置摄像机密码，从标准输入读取一行", "set a camera's password, read as one line from standard input"),
    )
    .argument("<channel>", channelText(text)[1])
    .requiredOption(...configText(text))
    .option("--remove", text("删除密码", "forget it"))
    .action(async (channel: string, options: { config: string; remove?: boolean }) => {
      const { runCameraPassword } = await import("./camera-password.ts");
      process.exitCode = await runCameraPassword(channel, options, { ...speech, input: process.stdin });
      process.stdin.destroy();
    });
};

const addRecordings = (camera: Command, { text, ...speech }: CameraCommandsParts): void => {
  camera
    .command("plan")
    .description(
      text(
        "安装前计算：磁盘能存多少天。按配置，或按 --channels --kbits --days --gib；够用时退出码为 0，不够为 1",
        "what a disk can hold, by the configuration or by --channels --kbits --days --gib; exit code 0 when it does, 1 when not",
      ),
    )
    .option(...configText(text))
    .option("--channels <n>", text("通道数", "number of channels"))
    .option(
      "--kbits <n>",
      text(
        "每路码率，kbit/s（默认主码流 4000，子码流 600）",
        "bitrate of each, kbit/s (4000 for main streams, 600 for small ones)",
      ),
    )
    .option("--days <n>", text("保存天数", "days to be kept"))
    .option(
      "--gib <n>",
      text("可用空间，GiB（默认取录像目录所在盘）", "usable space in GiB (that of the folder's disk)"),
    )
    .option(...jsonText(text))
    .action(async (options: object) => {
      const { runCameraPlan } = await import("./camera-plan.ts");
      process.exitCode = await runCameraPlan(options, speech);
    });
  const recordings = camera
    .command("recordings")
    .description(
      text(
        "列出录像和每个缺口的原因（默认最近一天）",
        "list what is recorded and why not where it is not (the last day)",
      ),
    )
    .requiredOption(...configText(text))
    .option(...channelText(text));
  for (const option of spanText(text)) recordings.option(...option);
  recordings.option(...jsonText(text)).action(async (options: { config: string }) => {
    const { runCameraRecordings } = await import("./camera-recordings.ts");
    process.exitCode = await runCameraRecordings(options, speech);
  });
};

const addHold = (camera: Command, { text, ...speech }: CameraCommandsParts): void => {
  const hold = camera
    .command("hold")
    .description(text("录像保全：保全期间不删除", "holds: what is held is not deleted"));
  const why = ["--why <text>", text("原因（必填）", "why")] as const;
  const add = hold
    .command("add")
    .description(text("保全一段录像（网关须在运行）", "hold a span (the gateway has to run)"))
    .requiredOption(...configText(text))
    .requiredOption(...channelText(text));
  for (const option of spanText(text)) add.requiredOption(...option);
  add
    .requiredOption(...why)
    .option("--ref <text>", text("案号等", "reference, such as a case"))
    .option(...byText(text))
    .option(...jsonText(text))
    .action(async (options: { config: string }) => {
      const { runHoldAdd } = await import("./camera-hold.ts");
      process.exitCode = await runHoldAdd(options, speech);
    });
  hold
    .command("list")
    .description(text("列出保全：谁、为何", "list what is held, who asked and why"))
    .requiredOption(...configText(text))
    .option(...channelText(text))
    .option(...jsonText(text))
    .action(async (options: { config: string }) => {
      const { runHoldList } = await import("./camera-hold.ts");
      process.exitCode = await runHoldList(options, speech);
    });
  hold
    .command("release")
    .description(text("解除保全（网关须在运行）", "release a hold (the gateway has to run)"))
    .argument("<id>", text("保全编号", "id of the hold"))
    .requiredOption(...configText(text))
    .requiredOption(...why)
    .option(...byText(text))
    .action(async (id: string, options: { config: string }) => {
      const { runHoldRelease } = await import("./camera-hold.ts");
      process.exitCode = await runHoldRelease(id, options, speech);
    });
};

const addExports = (camera: Command, { text, ...speech }: CameraCommandsParts): void => {
  const why = ["--why <text>", text("用途、案号", "what for")] as const;
  const clip = camera
    .command("clip")
    .description(text("导出一段录像：MP4 和签名清单", "export a span as MP4 with a signed manifest"))
    .requiredOption(...configText(text))
    .requiredOption(...channelText(text));
  for (const option of spanText(text)) clip.requiredOption(...option);
  clip
    .requiredOption("--out <folder>", text("输出目录（须为空）", "folder to write to (empty)"))
    .option(why[0], why[1], "")
    .option(...byText(text))
    .action(async (options: Parameters<typeof import("./camera-clip.ts").runCameraClip>[0]) => {
      const { runCameraClip } = await import("./camera-clip.ts");
      process.exitCode = await runCameraClip(options, speech);
    });
  camera
    .command("still")
    .description(text("拍一张证据照片（网关须在运行）", "keep an evidence picture of now (the gateway has to run)"))
    .requiredOption(...configText(text))
    .requiredOption(...channelText(text))
    .option("--out <folder>", text("另存到此目录（须为空）", "a copy goes to this folder (empty)"))
    .option(why[0], why[1], "")
    .option(...byText(text))
    .action(async (options: Parameters<typeof import("./camera-clip.ts").runCameraStill>[0]) => {
      const { runCameraStill } = await import("./camera-clip.ts");
      process.exitCode = await runCameraStill(options, speech);
    });
};

const addFinding = (camera: Command, { text, ...speech }: CameraCommandsParts): void => {
  camera
    .command("find")
    .description(text("在本机网段内查找 ONVIF 摄像机", "look for ONVIF cameras in the networks of this box"))
    .requiredOption(...configText(text))
    .option(...jsonText(text))
    .action(async (options: Parameters<typeof import("./camera-find.ts").runCameraFind>[0]) => {
      const { runCameraFind } = await import("./camera-find.ts");
      process.exitCode = await runCameraFind(options, speech);
    });
  camera
    .command("test")
    .description(
      text(
        "测试与摄像机的连接：有画面，或说明哪里不对（地址、密码、编码、路径）",
        "try a camera: a picture comes, or what is wrong (address, password, codec, path)",
      ),
    )
    .argument("[channel]", channelText(text)[1])
    .requiredOption(...configText(text))
    .option("--sub", text("测试子码流", "try the small stream"))
    .option("--address <rtsp>", text("改试这个地址", "try this address instead"))
    .option("--user <name>", text("用户名；密码用该通道已保存的", "user; the channel's stored password is used"))
    .option(...jsonText(text))
    .action(
      async (channel: string | undefined, options: Parameters<typeof import("./camera-find.ts").runCameraTest>[1]) => {
        const { runCameraTest } = await import("./camera-find.ts");
        process.exitCode = await runCameraTest(channel, options, speech);
      },
    );
};

/** `camera …` and `verify-clip`: each loads only what it needs. */
export const addCameraCommands = (program: Command, parts: CameraCommandsParts): void => {
  const { text, ...speech } = parts;
  const camera = program
    .command("camera")
    .description(text("摄像机：密码、录像、保全、导出", "cameras: passwords, recordings, holds, exports"));
  addPassword(camera, parts);
  addFinding(camera, parts);
  addRecordings(camera, parts);
  addHold(camera, parts);
  addExports(camera, parts);
  program
    .command("verify-clip")
    .description(
      text(
        "核验导出的片段：只需目录和网关公钥；完好时退出码为 0，否则为 1",
        "verify an exported clip: needs only its folder and the gateway's public key; exit code 0 when it is whole, else 1",
      ),
    )
    .argument("<folder>", text("片段目录", "folder of the clip"))
    .option(
      "--keys <file>",
      text(
        "另行取得的公钥（中心 mingcheng-cloud keys --gateway <gw> --json 的输出）",
        "keys got by another way (output of mingcheng-cloud keys --gateway <gw> --json at the centre)",
      ),
    )
    .option(...configText(text))
    .action(async (folder: string, options: { keys?: string; config?: string }) => {
      const { runVerifyClip } = await import("./verify-clip.ts");
      process.exitCode = await runVerifyClip(folder, options, speech);
    });
};
