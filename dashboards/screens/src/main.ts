import { createApp } from "vue";
import App from "./App.vue";
import "./style/tokens.css";
import "./style/base.css";
import { createTexts } from "./texts/index.ts";

createApp(App).use(createTexts()).mount("#app");
