// A real Chromium for tests: pages that note what they load, what they say on the console and what their policy forbids.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";

import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const installed = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
let clients = 0;

export type Theme = "light" | "dark";
export const themes: Theme[] = ["light", "dark"];
export const widths = [320, 390, 1280];

export function launch(): Promise<Browser> {
  const executablePath = installed.find((path) => existsSync(path));
  if (executablePath === undefined) throw new Error("no Chromium: install Debian's package chromium");
  return chromium.launch({
    executablePath,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

// A browser of its own: no cookies, and its own client address, so that limits by address do not join the tests.
export function newContext(browser: Browser, options: { script?: boolean; theme?: Theme; width?: number; locale?: string } = {}): Promise<BrowserContext> {
  clients += 1;
  return browser.newContext({
    javaScriptEnabled: options.script ?? true,
    colorScheme: options.theme ?? "light",
    viewport: { width: options.width ?? 1280, height: 800 },
    extraHTTPHeaders: { "x-forwarded-for": `198.51.100.${clients % 250}` },
    locale: options.locale ?? "en-GB",
    reducedMotion: "reduce",
  });
}

// What happened in a page since `listen`: nothing of it is to be expected from a page that is in order.
export class Complaints {
  private readonly said: string[] = [];

  static listen(page: Page): Complaints {
    const complaints = new Complaints();
    page.on("pageerror", (error) => complaints.said.push(`error: ${error.message}`));
    page.on("console", (message) => {
      const { url } = message.location();
      const refusal = /the server responded with a status of 4\d\d/.test(message.text()); // a page that says so itself
      if (["error", "warning"].includes(message.type()) && !refusal) complaints.said.push(`${message.type()}: ${message.text()} ${url}`);
    });
    return complaints;
  }

  assertNone(): void {
    assert.deepEqual(this.said, []);
  }
}

export interface Weight {
  requests: string[];
  bytes: number;
}

// Loads the page's address with nothing cached, and counts what it takes, unpacked.
export async function weigh(page: Page, load: () => Promise<unknown>): Promise<Weight> {
  const requests: string[] = [];
  const sizes: Promise<number>[] = [];
  const origin = new URL(page.url()).origin;
  const count = (response: import("playwright-core").Response): void => {
    if (response.status() >= 300 && response.status() < 400) return;
    requests.push(response.url());
    sizes.push(response.body().then((body) => body.length, () => 0));
  };
  page.on("response", count);
  await load();
  await page.waitForLoadState("load");
  page.off("response", count);
  assert.deepEqual(requests.filter((url) => new URL(url).origin !== origin), [], "asks no other host");
  return { requests, bytes: (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0) };
}

interface AxeResults {
  violations: { id: string; help: string; nodes: { html: string; failureSummary?: string }[] }[];
}

const everyRule = { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] };
const rulesOfLooks = { runOnly: { type: "rule", values: ["color-contrast", "target-size", "scrollable-region-focusable", "link-in-text-block"] } };

// What axe-core objects to, one line a finding; `looks`: only by the rules that a page's size and theme can change.
export async function accessibilityProblems(page: Page, { looks = false } = {}): Promise<string[]> {
  if (!(await page.evaluate(`"axe" in window`))) await page.evaluate(axeSource);
  const options = { ...(looks ? rulesOfLooks : everyRule), resultTypes: ["violations"], iframes: false }; // a sandboxed frame would never answer
  const results = (await page.evaluate(`axe.run(document, ${JSON.stringify(options)})`)) as AxeResults;
  return results.violations.flatMap(({ id, help, nodes }) => nodes.map((node) => `${id}: ${help}: ${node.html} ${node.failureSummary ?? ""}`));
}

// Elements that reach beyond the viewport's edge; empty when the page does not scroll sideways.
export function overflowing(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth <= clientWidth) return [];
    const wide = [...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > clientWidth + 0.5);
    return [`${scrollWidth} > ${clientWidth}`, ...wide.map((e) => e.outerHTML.slice(0, 120))];
  });
}

// What is wrong with a page, at each width and in each theme; `looks`: only by the rules that those can change.
export async function problemsAtEachSize(page: Page, { looks = false } = {}): Promise<string[]> {
  const found = await accessibilityProblems(page, { looks });
  for (const width of widths) {
    for (const colorScheme of themes) {
      await page.setViewportSize({ width, height: 800 });
      await page.emulateMedia({ colorScheme });
      const problems = [...(await overflowing(page)), ...(await accessibilityProblems(page, { looks: true }))];
      found.push(...problems.map((problem) => `${width} px, ${colorScheme}: ${problem}`));
    }
  }
  return found;
}

export function focusedId(page: Page): Promise<string> {
  return page.evaluate(() => document.activeElement?.id ?? "");
}

// Presses Tab until the element with this id has the focus.
export async function tabTo(page: Page, id: string): Promise<void> {
  for (let presses = 0; presses < 25; presses++) {
    if ((await focusedId(page)) === id) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`Tab does not lead to #${id} on ${page.url()}`);
}
