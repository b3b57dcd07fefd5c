// The pages that a person meets seldom: a password that has to be changed, and everything that cannot go on.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";

import type { Browser, Page } from "playwright-core";

import { Complaints, focusedId, launch, newContext, problemsAtEachSize } from "../support/browser.ts";
import { Gatehouse } from "../support/gatehouse.ts";
import { goToChangePassword, moments, startsPerMinute } from "../support/moments.ts";
import { addThirdParty, password, stops } from "../support/tour.ts";

let gatehouse: Gatehouse;
let browser: Browser;
before(async () => {
  [gatehouse, browser] = await Promise.all([Gatehouse.start({ environment: { GATEHOUSE_STARTS_PER_MINUTE: String(startsPerMinute) } }), launch()]);
  await addThirdParty(gatehouse);
});
after(async () => {
  await browser?.close();
  await gatehouse?.stop();
});

for (const { name, ids, go } of moments) {
  test(`the page "${name}" can be used by everybody, at each width, in light and dark`, async () => {
    const context = await newContext(browser);
    const page = await context.newPage();
    const complaints = Complaints.listen(page);
    await go(page, gatehouse);
    for (const id of ids) assert.equal(await page.locator(`#${id}`).count(), 1, id);
    if (ids[0] === "problem") assert.equal(await page.locator("#problem").getAttribute("data-kind"), name);
    assert.equal(await page.locator("h1").count(), 1);
    assert.notEqual(await page.title(), "");
    assert.equal(await page.locator("html").getAttribute("lang"), "en");
    assert.deepEqual(await problemsAtEachSize(page), []);
    if (name !== "unavailable") complaints.assertNone(); // a browser notes a status of 5xx
    await context.close();
  });
}

test("the tour and these see every kind of problem that the documentation lists", () => {
  const documentation = readFileSync(join(import.meta.dirname, "../../docs/automation.md"), "utf8");
  const row = documentation.split("\n").find((line) => line.includes("`data-kind`"))!;
  const listed = [...row.slice(row.indexOf("says which:")).matchAll(/`([a-z_]+)`/g)].map(([, kind]) => kind!);
  const names: Record<string, string> = { "another-browser": "browser", "not-found": "missing" };
  const seen = new Set([...stops, ...moments].map(({ name }) => names[name] ?? name));
  assert.ok(listed.length > 15);
  assert.deepEqual(listed.filter((kind) => !seen.has(kind)), ["slow"], "a browser does not stop half-way by itself");
});

for (const script of [true, false]) {
  test(`a password that the rules no longer take is changed on the way in, ${script ? "with" : "without"} scripts`, async () => {
    const context = await newContext(browser, { script });
    const page = await context.newPage();
    await goToChangePassword(page, gatehouse);
    assert.match(await page.locator("#change-password-form").innerText(), /rules for passwords have changed/);
    assert.equal(await focusedId(page), "password");
    await choose(page, "short", script);
    await page.waitForSelector("#field-error");
    assert.equal(await page.inputValue("#password"), "");
    await choose(page, `${password}, and more of it`, script);
    await page.waitForURL(`${gatehouse.addresses.demo}/**`);
    await context.close();
  });
}

async function choose(page: Page, chosen: string, script: boolean): Promise<void> {
  await page.fill("#password", chosen);
  if (!script) await page.fill("#password-again", chosen);
  await page.click("#change-password-submit");
}
