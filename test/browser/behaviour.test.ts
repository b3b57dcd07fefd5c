// How the hosted pages behave under the hands of a person, a password manager and an attacker.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import type { Browser, Page } from "playwright-core";

import { hideUnknownAccounts } from "../support/accounts_shown.ts";
import { Complaints, focusedId, launch, newContext, tabTo } from "../support/browser.ts";
import { Gatehouse } from "../support/gatehouse.ts";
import { newestCode, newestMail } from "../support/inbox.ts";
import {
  addThirdParty, authorizeUrl, choosePassword, goToCode, goToConsent, goToCreatePassword, goToLogin, goToPassword,
  knownAddress, newAddress, password, setText,
} from "../support/tour.ts";

const hostile = `"><script>document.title="owned"</script><img src=x onerror=alert(1)>{{who}}`;

let gatehouse: Gatehouse;
let browser: Browser;
before(async () => {
  [gatehouse, browser] = await Promise.all([Gatehouse.start(), launch()]);
});
after(async () => {
  await browser?.close();
  await gatehouse?.stop();
});

// Runs with a page in a browser of its own, and expects nothing on its console.
async function withPage(run: (page: Page) => Promise<void>, options: { script?: boolean } = {}): Promise<void> {
  const context = await newContext(browser, options);
  const page = await context.newPage();
  const complaints = Complaints.listen(page);
  await run(page);
  complaints.assertNone();
  await context.close();
}

const attribute = (page: Page, id: string, name: string) => page.locator(`#${id}`).getAttribute(name);

test("a person signs up with the keyboard alone", () =>
  withPage(async (page) => {
    const email = newAddress();
    await goToLogin(page, gatehouse);
    await tabTo(page, "signup-link");
    await page.keyboard.press("Enter");
    await page.waitForSelector("#signup-form");
    assert.equal(await focusedId(page), "login-id");
    await page.keyboard.type(email);
    await page.keyboard.press("Enter");
    await page.waitForSelector("#code-form");
    assert.equal(await focusedId(page), "code");
    const code = await newestCode(gatehouse.addresses.inbox, email);
    await page.keyboard.type(`${code.slice(0, 3)} ${code.slice(3)}`);
    await tabTo(page, "code-submit");
    await page.keyboard.press("Enter");
    await page.waitForSelector("#create-password-form");
    assert.equal(await focusedId(page), "password");
    await page.keyboard.type(password);
    await tabTo(page, "create-password-submit");
    await page.keyboard.press("Space");
    await page.waitForURL(`${gatehouse.addresses.demo}/**`);
  }));

test("a person signs in with Tab and Enter alone", () =>
  withPage(async (page) => {
    const email = await knownAddress(page, gatehouse);
    await page.goto(gatehouse.addresses.demo);
    await tabTo(page, "sign-in");
    await page.keyboard.press("Enter");
    await page.waitForSelector("#login-form");
    await page.keyboard.type(email);
    await page.keyboard.press("Tab");
    assert.equal(await focusedId(page), "login-submit", "the button follows the field");
    await page.keyboard.press("Enter");
    await page.waitForSelector("#password-form");
    await page.keyboard.type(password);
    await page.keyboard.press("Enter");
    await page.waitForSelector("#id-token");
  }));

for (const script of [true, false]) {
  const how = script ? "with" : "without";
  test(`after an error the focus is in the field that is wrong, ${how} scripts`, () =>
    withPage(
      async (page) => {
        await hideUnknownAccounts(gatehouse, false);
        await goToLogin(page, gatehouse);
        await page.fill("#login-id", "nobody@localhost");
        await page.click("#login-submit");
        await page.waitForSelector("#field-error");
        await hideUnknownAccounts(gatehouse, true);
        assert.equal(await focusedId(page), "login-id");
        assert.equal(await attribute(page, "login-id", "aria-invalid"), "true");
        assert.match((await attribute(page, "login-id", "aria-describedby"))!, /\bfield-error\b/);
        assert.equal(await page.inputValue("#login-id"), "nobody@localhost", "what was typed stays");
        await goToPassword(page, gatehouse);
        await page.fill("#password", "wrong");
        await page.click("#password-submit");
        await page.waitForSelector("#field-error");
        assert.equal(await focusedId(page), "password");
        assert.equal(await page.inputValue("#password"), "", "a password is never sent back");
        await page.reload();
        assert.equal(await page.locator("#field-error").count(), 0, "what was wrong is said once");
      },
      { script },
    ));
}

test("password managers and one-time code fillers know each field", () =>
  withPage(async (page) => {
    await goToLogin(page, gatehouse);
    assert.equal(await attribute(page, "login-id", "autocomplete"), "username");
    await goToCode(page, gatehouse);
    assert.equal(await attribute(page, "code", "autocomplete"), "one-time-code");
    assert.equal(await attribute(page, "code", "inputmode"), "numeric");
    await goToLogin(page, gatehouse);
    const email = await goToCreatePassword(page, gatehouse);
    assert.equal(await attribute(page, "password", "autocomplete"), "new-password");
    assert.equal(await page.inputValue("input[autocomplete=username]"), email, "a new password is saved under its name");
    await goToLogin(page, gatehouse);
    await goToPassword(page, gatehouse);
    assert.equal(await attribute(page, "password", "autocomplete"), "current-password");
    assert.equal(await page.inputValue("input[autocomplete=username]"), await knownAddress(page, gatehouse));
  }));

test("the password can be shown, and is sent as a password", () =>
  withPage(async (page) => {
    await goToPassword(page, gatehouse);
    await page.fill("#password", password);
    const show = page.locator("button[aria-controls=password]");
    await show.click();
    assert.equal(await attribute(page, "password", "type"), "text");
    assert.equal(await show.getAttribute("aria-pressed"), "true");
    await page.click("#password-submit");
    await page.waitForURL(`${gatehouse.addresses.demo}/**`);
  }));

test("a double click sends a form once", () =>
  withPage(async (page) => {
    const email = newAddress();
    await goToLogin(page, gatehouse);
    await page.click("#signup-link");
    await page.fill("#login-id", email);
    const sent: string[] = [];
    page.on("request", (request) => request.method() === "POST" && sent.push(request.url()));
    await page.dblclick("#signup-submit");
    await page.waitForSelector("#code-form");
    assert.equal(sent.length, 1);
    await newestMail(gatehouse.addresses.inbox, email);
  }));

test("the browser's back button leads to a page that works", () =>
  withPage(async (page) => {
    await goToPassword(page, gatehouse);
    await page.goBack();
    await page.waitForSelector("#login-form");
    await page.fill("#login-id", await knownAddress(page, gatehouse));
    await page.click("#login-submit");
    await page.fill("#password", password);
    await page.click("#password-submit");
    await page.waitForURL(`${gatehouse.addresses.demo}/**`);
  }));

test("two tabs of one browser each finish their own sign-in, the earlier one last", () =>
  withPage(async (first) => {
    const second = await first.context().newPage();
    await knownAddress(first, gatehouse);
    await goToLogin(first, gatehouse, { state: "first" });
    await goToLogin(second, gatehouse, { state: "second" });
    await goToPassword(first, gatehouse);
    await goToPassword(second, gatehouse);
    for (const [tab, state] of [[second, "second"], [first, "first"]] as const) {
      const back = tab.waitForRequest((request) => request.url().startsWith(`${gatehouse.addresses.demo}/callback`));
      await tab.fill("#password", password);
      await tab.click("#password-submit");
      const answer = new URL((await back).url()).searchParams;
      assert.equal(answer.get("state"), state);
      assert.ok(answer.get("code"));
      await tab.waitForLoadState("load");
    }
  }));

test("going back after the sign-in leads to a page with a way on to the application", () =>
  withPage(async (page) => {
    await page.goto(gatehouse.addresses.demo);
    await page.click("#sign-in");
    await goToPassword(page, gatehouse);
    await page.fill("#password", password);
    await page.click("#password-submit");
    await page.waitForSelector("#id-token");
    await page.goBack();
    await page.waitForLoadState("load");
    assert.ok(page.url().startsWith(`${gatehouse.endpoint}/`));
    if ((await page.locator("#password-form").count()) === 1) {
      await page.fill("#password", password);
      await page.click("#password-submit");
    }
    assert.equal(await page.locator("#problem").getAttribute("data-kind"), "finished");
    await page.click("#back-to-app");
    await page.waitForURL(`${gatehouse.addresses.demo}/`);
  }));

test("an unknown language is answered in one that is there", () =>
  withPage(async (page) => {
    for (const ui_locales of ["tlh", "xx-Latn-419 de", "../../etc/passwd", hostile, "e".repeat(1500)]) {
      await goToLogin(page, gatehouse, { ui_locales });
      await page.waitForSelector("#login-form");
      assert.equal(await page.locator("html").getAttribute("lang"), "en", ui_locales);
      assert.doesNotMatch(await page.title(), /owned/);
    }
  }));

test("a login_hint that nobody knows is harmless", () =>
  withPage(async (page) => {
    for (const login_hint of ["nobody@example.com", "https://authgear.com/login_hint?type=login_id&email=ada@example.com", "not an address", hostile]) {
      const answer = await page.goto(authorizeUrl(gatehouse, { login_hint }));
      assert.ok(answer!.status() < 500, `${login_hint}: ${answer!.status()}`);
      await page.waitForSelector("#login-form");
      assert.equal(await page.locator("img[src=x]").count(), 0);
      assert.doesNotMatch(await page.title(), /owned/);
    }
  }));

test("a code that was typed with spaces and hyphens is taken", () =>
  withPage(
    async (page) => {
      const email = await goToCode(page, gatehouse);
      const code = await newestCode(gatehouse.addresses.inbox, email);
      await page.fill("#code", `${code.slice(0, 3)}-${code.slice(3)} `);
      await page.click("#code-submit");
      await page.waitForSelector("#create-password-form");
    },
    { script: false },
  ));

test("markup in the names of applications and of the project is text", async () => {
  await addThirdParty(gatehouse, hostile);
  await setText(gatehouse, "app.name", hostile.replaceAll("{", "").replaceAll("}", ""), "&lt;script");
  await withPage(async (page) => {
    const unowned = async (): Promise<void> => {
      assert.equal(await page.locator("img[src=x]").count(), 0);
      assert.doesNotMatch(await page.title(), /^owned$/);
      assert.match(await page.locator("body").innerText(), /<script>document\.title="owned"<\/script>/);
    };
    await goToLogin(page, gatehouse, { client_id: "calendar" });
    await unowned();
    await goToConsent(page, gatehouse);
    await unowned();
    const email = newAddress();
    await page.goto(`${gatehouse.endpoint}/logout`);
    await unowned();
    await page.click("#logout-confirm");
    await goToLogin(page, gatehouse);
    await goToCreatePassword(page, gatehouse, email);
    await unowned();
    const mail = await newestMail(gatehouse.addresses.inbox, email);
    assert.doesNotMatch(mail.html, /<script|<img/);
    await choosePassword(page);
    await page.waitForURL(`${gatehouse.addresses.demo}/**`);
  });
});
