import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { encodePictures } from "./encode-pictures.ts";
import { fixtureEncodings, fixtureFolder } from "./fixtures.ts";

/** Draws and codes the committed streams anew. Needs ffmpeg; another version of it gives other bytes, equally good. */
mkdirSync(fixtureFolder, { recursive: true });
for (const [name, encoding] of Object.entries(fixtureEncodings)) {
  const bytes = await encodePictures(encoding);
  writeFileSync(join(fixtureFolder, `${name}.${encoding.codec}`), bytes);
  console.log(`${name}.${encoding.codec}: ${bytes.length} bytes`);
}
