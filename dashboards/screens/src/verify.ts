import { createApp } from "vue";
import VerifyPage from "./pages/VerifyPage.vue";
import "@mingcheng/ui/style/tokens.css";
import "@mingcheng/ui/style/base.css";
import { createTexts } from "./texts/index.ts";

createApp(VerifyPage).use(createTexts()).mount("#app");
