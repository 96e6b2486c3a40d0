import vue from "@vitejs/plugin-vue";
import { defineConfig } from "vite";

/** Its styles are for controls that are not shown, and the pages' policy allows none that are put in by a script. */
const jsMpegWithoutStyles = {
  name: "jsmpeg-without-styles",
  transform: (code: string, id: string) =>
    id.includes("jsmpeg-player") ? code.replace("styleInject(css_248z);", "") : null,
};

/** Everything is a file of its own: the pages' content security policy allows nothing inline and nothing from elsewhere. */
export default defineConfig({
  plugins: [vue(), jsMpegWithoutStyles],
  resolve: { conditions: ["@mingcheng/source", "module", "browser", "production"] },
  define: {
    __VUE_OPTIONS_API__: false,
    __VUE_PROD_DEVTOOLS__: false,
    __VUE_I18N_LEGACY_API__: false,
    __VUE_I18N_FULL_INSTALL__: false,
    __INTLIFY_PROD_DEVTOOLS__: false,
  },
  worker: { format: "es" },
  build: {
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: [
        "index.html",
        "phone.html",
        "wall.html",
        "verify.html",
        "kitchens.html",
        "src/phone/offline/phone-worker.ts",
      ],
      // A service worker keeps its name and stands at the top: it sees to pages below it only.
      output: {
        entryFileNames: ({ name }) => (name === "phone-worker" ? "[name].js" : "assets/[name]-[hash].js"),
      },
      checks: { pluginTimings: false },
    },
  },
});
