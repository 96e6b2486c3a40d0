import { Player, type TileState } from "./player.ts";

interface Camera {
  readonly id: string;
  readonly zone: string;
  readonly sound: boolean;
  readonly state: string;
}

const isChinese =
  navigator.language.toLowerCase().startsWith("zh") || new URLSearchParams(location.search).get("lang") === "zh";

const words: Readonly<Record<string, readonly [string, string]>> = {
  none: ["未观看", "not watched"],
  connecting: ["连接中", "connecting"],
  pending: ["等待第一帧", "waiting for the first picture"],
  live: ["实时", "live"],
  stale: ["画面已停，不再显示", "no new picture: nothing is shown"],
  stalled: ["画面停滞", "stalled"],
  frozen: ["画面冻结", "frozen"],
  black: ["黑屏", "black"],
  covered: ["被遮挡", "covered"],
  "auth-failed": ["摄像机拒绝密码", "the camera refuses the password"],
  disconnected: ["摄像机离线", "the camera is offline"],
  unsupported: [
    "浏览器不支持该编码，请把子码流改为 H.264",
    "this browser cannot play the codec; set the small stream to H.264",
  ],
  refused: ["无权观看", "refused"],
  ended: ["已结束", "ended"],
};

const text = (zh: string, en: string): string => (isChinese ? zh : en);
const word = (state: string): string => text(...(words[state] ?? [state, state]));

const element = <Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  className: string,
  content = "",
): HTMLElementTagNameMap[Name] => {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = content;
  return made;
};

const tokenFor = async (channel: string): Promise<string> => {
  const why = document.querySelector<HTMLInputElement>("#why")?.value ?? "";
  const answer = await fetch("/cameras/tokens", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ channel, quality: "sub", why }),
  });
  if (!answer.ok) throw new Error(String(answer.status));
  return ((await answer.json()) as { token: string }).token;
};

const player = new Player(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/media/watch`);

const showCamera = ({ id, zone, sound }: Camera): HTMLElement => {
  const card = element("section", "camera");
  const video = element("video", "picture");
  const caption = element("p", "caption");
  const button = element("button", "watch", text("观看", "Watch"));
  card.dataset["channel"] = id;
  const say = ({ state, reason, ageMs }: TileState): void => {
    card.dataset["state"] = state;
    const age = ageMs === null ? "" : ` · ${(ageMs / 1_000).toFixed(1)} s`;
    caption.textContent = `${word(state)}${reason === "" ? "" : `（${reason}）`}${age}`;
  };
  let stop: (() => void) | undefined;
  let tile: ReturnType<Player["show"]>["tile"] | undefined;
  button.addEventListener("click", () => {
    if (stop === undefined) {
      const shown = player.show({ video, token: () => tokenFor(id), onState: say });
      ({ stop, tile } = shown);
      button.textContent = text("停止", "Stop");
      return;
    }
    stop();
    stop = undefined;
    button.textContent = text("观看", "Watch");
    say({ state: "none", reason: "", codec: null, ageMs: null });
  });
  card.append(element("h2", "name", `${id} · ${zone}`), video, caption, button);
  if (sound) {
    const loud = element("button", "sound", text("打开声音", "Sound on"));
    loud.addEventListener("click", () => tile?.sound.switchOn());
    card.append(loud);
  }
  return card;
};

const open = async (): Promise<void> => {
  const main = document.querySelector("main");
  document.documentElement.lang = isChinese ? "zh-CN" : "en";
  document.title = text("现场画面", "Cameras");
  const label = document.querySelector("label");
  if (label !== null) label.firstChild?.replaceWith(text("观看原因 ", "Why "));
  const answer = await fetch("/cameras");
  if (!answer.ok) {
    main?.append(element("p", "problem", text("请先在设置网页登录。", "Sign in on the set-up page first.")));
    return;
  }
  const { cameras } = (await answer.json()) as { cameras: Camera[] };
  for (const camera of cameras) main?.append(showCamera(camera));
};

void open();
