import { createRoute } from "@mingcheng/ui/data/route.ts";
import { createApp } from "vue";
import PhoneRoot from "./phone/PhoneRoot.vue";
import "@mingcheng/ui/style/tokens.css";
import "@mingcheng/ui/style/base.css";
import { createTexts } from "./texts/index.ts";

createApp(PhoneRoot).use(createRoute()).use(createTexts()).mount("#app");

// Without it the phone works as long as the centre can be reached. Browsers refuse it where they do not trust the certificate.
navigator.serviceWorker?.register("/phone-worker.js").catch(() => undefined);
