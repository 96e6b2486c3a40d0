import { createApp, h } from "vue";

createApp(() => h("main", h("h1", "明秤 Mingcheng"))).mount("#app");
