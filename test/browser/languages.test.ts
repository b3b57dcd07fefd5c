// A second language, and one that is written the other way: what the pages say of themselves, and what they do without.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import type { Browser, Page } from "playwright-core";

import { launch, newContext, problemsAtEachSize } from "../support/browser.ts";
import { Gatehouse } from "../support/gatehouse.ts";
import { addArabic, arabic } from "../support/languages.ts";
import { goToCode, goToLogin } from "../support/tour.ts";

let gatehouse: Gatehouse;
let browser: Browser;
before(async () => {
  [gatehouse, browser] = await Promise.all([Gatehouse.start(), launch()]);
  await addArabic(gatehouse);
});
after(async () => {
  await browser?.close();
  await gatehouse?.stop();
});

async function withPage(run: (page: Page) => Promise<void>, options: { locale?: string } = {}): Promise<void> {
  const context = await newContext(browser, options);
  await run(await context.newPage());
  await context.close();
}
const of = async (page: Page): Promise<[string | null, string | null]> => [await page.locator("html").getAttribute("lang"), await page.locator("html").getAttribute("dir")];
const mirrored = (page: Page): Promise<boolean> => page.evaluate(() => getComputedStyle(document.querySelector("h1")!).direction === "rtl" && document.querySelector(".brand")!.getBoundingClientRect().left > innerWidth / 2);

test("ui_locales of an application chooses the language for the whole sign-in", () =>
  withPage(async (page) => {
    await goToLogin(page, gatehouse, { ui_locales: "fr ar-EG en" });
    assert.deepEqual(await of(page), ["ar", "rtl"]);
    assert.equal(await page.locator("h1").innerText(), arabic["login.title"]);
    assert.ok(await mirrored(page));
    await page.click("#signup-link");
    assert.deepEqual(await of(page), ["ar", "rtl"]);
    await page.fill("#login-id", "نص");
    await page.evaluate(`document.querySelector("#login-id").type = "text"`);
    await page.click("#signup-submit");
    await page.waitForSelector("#field-error");
    assert.equal((await page.locator("#field-error").innerText()).trim(), arabic["error.format_email"], "a refusal too");
  }));

test("pages from right to left can be used by everybody, and digits stay from left to right", () =>
  withPage(async (page) => {
    await goToLogin(page, gatehouse, { ui_locales: "ar" });
    assert.deepEqual(await problemsAtEachSize(page), []);
    await goToCode(page, gatehouse);
    assert.deepEqual(await of(page), ["ar", "rtl"]);
    assert.equal(await page.evaluate(() => getComputedStyle(document.querySelector("#code")!).direction), "ltr");
    assert.deepEqual(await problemsAtEachSize(page), []);
  }));

test("the browser's language is followed where the application names none, also on error pages", () =>
  withPage(
    async (page) => {
      await goToLogin(page, gatehouse);
      assert.deepEqual(await of(page), ["ar", "rtl"]);
      await page.goto(`${gatehouse.endpoint}/nowhere`);
      assert.deepEqual(await of(page), ["ar", "rtl"]);
      assert.equal(await page.locator("h1").innerText(), arabic["problem.missing.title"]);
      assert.match(await page.locator(".lede").innerText(), /Open your application/, "a text that the language lacks is there in the other");
    },
    { locale: "ar-SA" },
  ));

test("the menu changes the language and keeps the sign-in", () =>
  withPage(async (page) => {
    await goToLogin(page, gatehouse);
    assert.deepEqual(await of(page), ["en", null]);
    const step = new URL(page.url()).searchParams.get("x_step");
    await page.click("#language");
    assert.equal(await page.locator(".menu a[lang=en]").getAttribute("aria-current"), "true");
    await page.click(".menu a[lang=ar]");
    assert.deepEqual(await of(page), ["ar", "rtl"]);
    assert.equal(new URL(page.url()).searchParams.get("x_step"), step);
    await page.fill("#login-id", "somebody@example.com");
    await page.click("#login-submit");
    await page.waitForSelector("#password-form");
    assert.deepEqual(await of(page), ["ar", "rtl"]);
  }));

test("what no language here answers to falls back to the project's own", () =>
  withPage(async (page) => {
    for (const ui_locales of ["tlh", "fr-CA de", "he", "x", "*", "arabic", "ar_EG", "-", "  "]) {
      await goToLogin(page, gatehouse, { ui_locales });
      await page.waitForSelector("#login-form");
      assert.deepEqual(await of(page), ["en", null], ui_locales);
    }
  }));
