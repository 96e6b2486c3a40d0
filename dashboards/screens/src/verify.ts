import { createApp } from "vue";
import VerifyPage from "./pages/VerifyPage.vue";
import "./style/tokens.css";
import "./style/base.css";
import { createTexts } from "./texts/index.ts";

createApp(VerifyPage).use(createTexts()).mount("#app");
