import { createTextsOf } from "@mingcheng/ui/texts/language.ts";
import { createApp } from "vue";
import MarketApp from "./market/MarketApp.vue";
import { en } from "./market/texts/en.ts";
import { zh } from "./market/texts/zh.ts";
import "@mingcheng/ui/style/tokens.css";
import "@mingcheng/ui/style/base.css";
import "@mingcheng/ui/style/market.css";

createApp(MarketApp).use(createTextsOf({ zh, en })).mount("#app");
