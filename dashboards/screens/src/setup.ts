import { createApp } from "vue";
import SetupApp from "./setup/SetupApp.vue";
import { en } from "./setup/texts/en.ts";
import { zh } from "./setup/texts/zh.ts";
import "./style/tokens.css";
import "./style/base.css";
import { createTextsOf } from "./texts/index.ts";

createApp(SetupApp).use(createTextsOf({ zh, en })).mount("#app");
