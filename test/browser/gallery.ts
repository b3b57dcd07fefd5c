// Takes the pictures of docs/pages/, or of everything: node test/browser/gallery.ts [FOLDER [PAGE…]]
import { mkdir } from "node:fs/promises";
import { join } from "node:path";

import { launch, newContext, themes, type Theme, widths } from "../support/browser.ts";
import { Gatehouse } from "../support/gatehouse.ts";
import { moments, startsPerMinute } from "../support/moments.ts";
import { addThirdParty, developmentStops, stops as hostedStops } from "../support/tour.ts";

interface Picture {
  stop: string;
  width: number;
  theme: Theme;
  file: string;
}

const stops = [...hostedStops, ...moments, ...developmentStops];
const documented: Picture[] = [
  { stop: "login", width: 1280, theme: "light", file: "login.png" },
  { stop: "login", width: 390, theme: "dark", file: "login-phone-dark.png" },
  { stop: "code", width: 390, theme: "light", file: "code-phone.png" },
  { stop: "create-password", width: 390, theme: "light", file: "create-password-phone.png" },
  { stop: "consent", width: 1280, theme: "dark", file: "consent-dark.png" },
  { stop: "demo-signed-in", width: 1280, theme: "light", file: "demo.png" },
];
const wanted = process.argv.slice(3);
const everything = (): Picture[] =>
  stops.filter(({ name }) => wanted.length === 0 || wanted.includes(name)).flatMap(({ name }) => widths.flatMap((width) => themes.map((theme) => ({ stop: name, width, theme, file: `${name}-${width}-${theme}.png` }))));

const folder = process.argv[2] ?? join(import.meta.dirname, "../../docs/pages");
const pictures = process.argv[2] === undefined ? documented : everything();
await mkdir(folder, { recursive: true });
const gatehouse = await Gatehouse.start({ environment: { GATEHOUSE_STARTS_PER_MINUTE: String(startsPerMinute) } });
const browser = await launch();
try {
  await addThirdParty(gatehouse);
  for (const stop of stops.filter(({ name }) => pictures.some((picture) => picture.stop === name))) {
    const context = await newContext(browser);
    const page = await context.newPage();
    await stop.go(page, gatehouse);
    for (const { width, theme, file } of pictures.filter((picture) => picture.stop === stop.name)) {
      await page.setViewportSize({ width, height: width < 768 ? 760 : 800 });
      await page.emulateMedia({ colorScheme: theme });
      await page.screenshot({ path: join(folder, file), fullPage: process.argv[2] !== undefined });
    }
    await context.close();
  }
} finally {
  await browser.close();
  await gatehouse.stop();
}
