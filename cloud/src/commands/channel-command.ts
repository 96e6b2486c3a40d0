import type { Command } from "commander";
import type { TryChannelOptions } from "./try-channel.ts";

/** `channel test`: one real message through a channel, and what became of it. */
export const addChannelCommand = (program: Command, say: (text: string) => void): void => {
  const channel = program.command("channel").description("通知渠道 / notification channels");
  channel
    .command("test <name>")
    .description(
      "经一个渠道真实发送一条测试消息，并显示结果和回执 / send one real test message through a channel and say what became of it",
    )
    .requiredOption("--config <file>", "配置文件（YAML） / configuration file (YAML)")
    .option(
      "--phone <number>",
      "收信号码，发给个人的渠道必填 / number to send to; channels that reach a person need it",
    )
    .option("--wait <seconds>", "等待回执的秒数，0 为不等 / how long to wait for the receipt; 0: not at all", "60")
    .action(async (name: string, options: TryChannelOptions) => {
      const { tryChannel } = await import("./try-channel.ts");
      process.exitCode = await tryChannel(name, options, say);
    });
};
