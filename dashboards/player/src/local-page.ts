import { tileText, type Words } from "./local-words.ts";
import { Player, type ShownTile, type TileState } from "./player.ts";

interface Camera {
  readonly id: string;
  readonly zone: string;
  readonly sound: boolean;
  readonly state: string;
}

const isChinese =
  navigator.language.toLowerCase().startsWith("zh") || new URLSearchParams(location.search).get("lang") === "zh";
const say = ([zh, en]: Words): string => (isChinese ? zh : en);
const text = (zh: string, en: string): string => say([zh, en]);

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

const button = (className: string, content: string, act: () => void): HTMLButtonElement => {
  const made = element("button", className, content);
  made.type = "button";
  made.addEventListener("click", act);
  return made;
};

const tokenFor = async (channel: string, quality: string): Promise<string> => {
  const why = document.querySelector<HTMLInputElement>("#why")?.value ?? "";
  const answer = await fetch("/cameras/tokens", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ channel, quality, why }),
  });
  if (!answer.ok) throw new Error(String(answer.status));
  return ((await answer.json()) as { token: string }).token;
};

const jsmpeg = "/jsmpeg.js";
const player = new Player(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/media/watch`, {
  loadJsMpeg: async () => ((await import(jsmpeg)) as { readonly default: unknown }).default,
});

const notWatched: TileState = {
  ...{ state: "none", reason: "", codec: null, ageMs: null, showing: "sub", why: null, source: null, takenMs: null },
};

/** A time in the reader's own zone, as the field for times has it: to the minute. */
const fieldTime = (date: Date): string => date.toLocaleString("sv-SE").replace(" ", "T").slice(0, 16);

class CameraCard {
  readonly element = element("section", "camera");
  readonly #camera: Camera;
  readonly #video = element("video", "picture");
  readonly #caption = element("p", "caption");
  readonly #notice = element("p", "notice");
  readonly #watch: HTMLButtonElement;
  readonly #back = element("form", "back");
  readonly #from = element("input", "from");
  #shown: ShownTile | undefined;

  constructor(camera: Camera) {
    this.#camera = camera;
    this.element.dataset["channel"] = camera.id;
    this.#watch = button("watch", text("观看", "Watch"), () => this.#toggle());
    const frame = element("div", "frame");
    frame.append(this.#video);
    const acts = element("div", "acts");
    acts.append(
      this.#watch,
      button("full", text("全屏", "Full screen"), () => void frame.requestFullscreen()),
    );
    if (camera.sound) {
      acts.append(button("sound", text("打开声音", "Sound on"), () => this.#shown?.tile.sound.switchOn()));
    }
    // The large stream where the picture is large, the small one else.
    frame.addEventListener("fullscreenchange", () =>
      this.#shown?.want(document.fullscreenElement === frame ? "main" : "sub"),
    );
    this.#lookBack();
    this.element.append(
      element("h2", "name", `${camera.id} · ${camera.zone}`),
      frame,
      this.#caption,
      this.#notice,
      acts,
      this.#back,
    );
    this.#say(notWatched);
  }

  #lookBack(): void {
    this.#from.type = "datetime-local";
    this.#from.value = fieldTime(new Date(Date.now() - 3_600_000));
    this.#from.ariaLabel = text("回看起点", "Look back from");
    const play = element("button", "play", text("回看", "Look back"));
    this.#back.append(
      this.#from,
      play,
      button("live", text("回到实时", "Live"), () => this.#shown?.live()),
    );
    this.#back.addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.#shown === undefined) this.#toggle();
      this.#shown?.play({ from: new Date(this.#from.value).toISOString(), speed: 1 });
    });
  }

  #toggle(): void {
    if (this.#shown === undefined) {
      this.#shown = player.show({
        video: this.#video,
        token: (showing) => tokenFor(this.#camera.id, showing),
        onState: (state) => this.#say(state),
        onRecording: (message) => {
          if (message.type === "gap") this.#gap(message);
        },
      });
      this.#watch.textContent = text("停止", "Stop");
      return;
    }
    this.#shown.stop();
    this.#shown = undefined;
    this.#watch.textContent = text("观看", "Watch");
    this.#say(notWatched);
  }

  #gap({ from, until, reason }: { readonly from: string; readonly until: string; readonly reason: string }): void {
    const [begin, end] = [from, until].map((at) => new Date(at).toLocaleTimeString("sv-SE"));
    this.#notice.textContent = text(`${begin}–${end} 无画面：${reason}`, `no picture ${begin}–${end}: ${reason}`);
  }

  #say(state: TileState): void {
    this.element.dataset["state"] = state.state;
    this.element.dataset["showing"] = state.showing;
    this.#caption.textContent = tileText(state, say);
    if (state.state !== "recorded") this.#notice.textContent = "";
  }
}

const open = async (): Promise<void> => {
  const main = document.querySelector("main");
  document.documentElement.lang = isChinese ? "zh-CN" : "en";
  document.title = text("现场画面", "Cameras");
  document.querySelector("h1")?.replaceChildren(document.title);
  document.querySelector("label span")?.replaceChildren(text("观看原因", "Why"));
  const answer = await fetch("/cameras");
  if (!answer.ok) {
    main?.append(element("p", "problem", text("请先在设置网页登录。", "Sign in on the set-up page first.")));
    return;
  }
  const { cameras } = (await answer.json()) as { cameras: Camera[] };
  if (cameras.length === 0) main?.append(element("p", "problem", text("没有摄像机。", "There are no cameras.")));
  for (const camera of cameras) main?.append(new CameraCard(camera).element);
};

void open();
