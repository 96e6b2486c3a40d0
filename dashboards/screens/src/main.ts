import { createRoute } from "@mingcheng/ui/data/route.ts";
import { createApp } from "vue";
import App from "./App.vue";
import "@mingcheng/ui/style/tokens.css";
import "@mingcheng/ui/style/base.css";
import { createTexts } from "./texts/index.ts";

createApp(App).use(createRoute()).use(createTexts()).mount("#app");
