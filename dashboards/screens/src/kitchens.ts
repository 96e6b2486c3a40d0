import { createApp } from "vue";
import KitchensPage from "./cameras/KitchensPage.vue";
import "@mingcheng/ui/style/tokens.css";
import "@mingcheng/ui/style/base.css";
import { createTexts } from "./texts/index.ts";

createApp(KitchensPage).use(createTexts()).mount("#app");
