import { createRoute } from "@mingcheng/ui/data/route.ts";
import { createApp } from "vue";
import PhoneRoot from "./phone/PhoneRoot.vue";
import "@mingcheng/ui/style/tokens.css";
import "@mingcheng/ui/style/base.css";
import { createTexts } from "./texts/index.ts";

createApp(PhoneRoot).use(createRoute()).use(createTexts()).mount("#app");
