import type { Capture } from "../capture/capture.ts";
import { bestClock } from "./best-clock.ts";
import { CommandDesk } from "./command-desk.ts";
import { CommandFile } from "./command-file.ts";
import { commandsPath } from "./commands-path.ts";
import type { GatewayHands } from "./gateway-hands.ts";
import { workLoader } from "./work-loader.ts";

/** Opens the desk of commands, which takes up what the last process left. */
export const openCommandDesk = (
  hands: GatewayHands,
  capture: Pick<Capture, "store" | "recallOwn">,
  onChanged: () => void,
): CommandDesk => {
  const { clock } = hands;
  const desk = new CommandDesk({
    identity: hands.identity,
    file: new CommandFile(commandsPath(hands.config().data)),
    work: workLoader(hands),
    log: hands.log,
    clock: {
      wall: () => clock.wall(),
      sleep: (ms, signal) => clock.sleep(ms, signal),
      best: () => bestClock(clock),
    },
    store: (kind, body) => capture.store(kind, body),
    recall: (limit) => capture.recallOwn("command", limit),
    send: (topic, payload) => hands.send(topic, payload),
    onChanged,
  });
  void desk.open();
  return desk;
};
