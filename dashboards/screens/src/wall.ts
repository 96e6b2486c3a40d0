import { createRoute } from "@mingcheng/ui/data/route.ts";
import { createApp } from "vue";
import "@mingcheng/ui/style/tokens.css";
import "@mingcheng/ui/style/base.css";
import "@mingcheng/ui/style/wall.css";
import { createTexts } from "./texts/index.ts";
import WallRoot from "./wall/WallRoot.vue";

createApp(WallRoot).use(createRoute()).use(createTexts()).mount("#app");
