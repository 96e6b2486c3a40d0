import { createApp } from "vue";
import SetupApp from "./setup/SetupApp.vue";
import { en } from "./setup/texts/en.ts";
import { zh } from "./setup/texts/zh.ts";
import "@mingcheng/ui/style/tokens.css";
import "@mingcheng/ui/style/base.css";
import { createTextsOf } from "@mingcheng/ui/texts/language.ts";

createApp(SetupApp).use(createTextsOf({ zh, en })).mount("#app");
