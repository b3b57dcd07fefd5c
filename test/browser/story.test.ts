// The first five minutes, in a browser: from the demo application to an account, back, out and in again.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import type { Browser, BrowserContext, Page } from "playwright-core";

import { Complaints, launch, newContext } from "../support/browser.ts";
import { Gatehouse } from "../support/gatehouse.ts";
import { choosePassword, newAddress, password } from "../support/tour.ts";

interface Claims {
  iss: string;
  sub: string;
  aud: string;
  email: string;
  email_verified: boolean;
}

let gatehouse: Gatehouse;
let browser: Browser;
before(async () => {
  [gatehouse, browser] = await Promise.all([Gatehouse.start(), launch()]);
});
after(async () => {
  await browser?.close();
  await gatehouse?.stop();
});

const read = async (page: Page, id: string): Promise<Claims> => JSON.parse(await page.locator(`#${id}`).innerText()) as Claims;

// The code as the person finds it: in their message in the inbox that the demo application links to.
async function codeFromInbox(page: Page, email: string): Promise<string> {
  const inbox = await page.context().newPage();
  await inbox.goto(gatehouse.addresses.demo);
  await inbox.click("#inbox");
  const mails = inbox.locator(".mails a", { hasText: email });
  while ((await mails.count()) === 0) await inbox.click("text=Refresh");
  await mails.first().click();
  const code = await inbox.locator("#code").innerText();
  await inbox.close();
  return code;
}

// From the demo application to an account of one's own and back; `script`: whether the browser runs scripts.
async function signsUp(page: Page, email: string, script: boolean): Promise<void> {
  await page.goto(gatehouse.addresses.demo);
  await page.click("#sign-in");
  await page.click("#signup-link");
  await page.fill("#login-id", email);
  await page.click("#signup-submit");
  await page.waitForSelector("#code-form");
  await page.fill("#code", await codeFromInbox(page, email));
  await page.click("#code-submit");
  await page.waitForSelector("#create-password-form");
  assert.equal(await page.locator("#password-again").isVisible(), !script, "the second field is for those without a script");
  await choosePassword(page);
  await page.waitForSelector("#id-token");
  assert.equal(new URL(page.url()).origin, gatehouse.addresses.demo);
}

// What the application shows of whoever signed in; returns the subject.
async function showsWho(page: Page, email: string): Promise<string> {
  const token = await read(page, "id-token");
  assert.equal(token.iss, gatehouse.endpoint);
  assert.equal(token.aud, gatehouse.addresses.public_client_id);
  const info = await read(page, "user-info");
  assert.equal(info.sub, token.sub);
  assert.equal(info.email, email);
  assert.equal(info.email_verified, true);
  assert.equal(await page.locator("#who").innerText(), email);
  return token.sub;
}

async function signsOut(page: Page): Promise<void> {
  await page.click("#sign-out");
  await page.waitForSelector("#sign-in");
  assert.equal(new URL(page.url()).origin, gatehouse.addresses.demo);
  await page.click("#sign-in");
  await page.waitForSelector("#login-form");
}

async function signsIn(page: Page, email: string): Promise<void> {
  await page.fill("#login-id", email);
  await page.click("#login-submit");
  await page.fill("#password", password);
  await page.click("#password-submit");
  await page.waitForSelector("#id-token");
}

for (const script of [true, false]) {
  describe(script ? "with scripts" : "without scripts", () => {
    let context: BrowserContext;
    let page: Page;
    let complaints: Complaints;
    let subject: string;
    const email = newAddress();
    before(async () => {
      context = await newContext(browser, { script });
      page = await context.newPage();
      complaints = Complaints.listen(page);
    });
    after(async () => {
      await context.close();
    });

    test("a person signs up with an e-mail address, a code from the inbox and a password", () => signsUp(page, email, script));
    test("the application shows the ID token and the user info", async () => {
      subject = await showsWho(page, email);
    });
    test("the tokens are refreshed, for the same person", async () => {
      await page.click("#refresh");
      await page.waitForSelector("#notice");
      assert.equal((await read(page, "id-token")).sub, subject);
    });
    test("signing out at the application ends the session", () => signsOut(page));
    test("the person signs in again with the password", async () => {
      await signsIn(page, email);
      assert.equal((await read(page, "id-token")).sub, subject);
    });
    test("a signed-in browser comes back without a page", async () => {
      const other = await context.newPage();
      await context.clearCookies({ name: "demo" });
      await other.goto(gatehouse.addresses.demo);
      await other.click("#sign-in");
      await other.waitForSelector("#id-token");
      assert.equal((await read(other, "id-token")).sub, subject);
      await other.close();
    });
    test("nothing was said on the console", () => complaints.assertNone());
  });
}
