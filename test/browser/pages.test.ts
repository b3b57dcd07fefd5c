// Every hosted page, at each width and in each theme, as a browser shows it.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";

import type { Browser, BrowserContext, Page } from "playwright-core";

import { Complaints, launch, newContext, problemsAtEachSize, weigh } from "../support/browser.ts";
import { Gatehouse } from "../support/gatehouse.ts";
import { addThirdParty, developmentStops, stops } from "../support/tour.ts";

const mostBytes = 30 * 1024;
const mostRequests = 4;

let gatehouse: Gatehouse;
let browser: Browser;
before(async () => {
  [gatehouse, browser] = await Promise.all([Gatehouse.start(), launch()]);
  await addThirdParty(gatehouse);
});
after(async () => {
  await browser?.close();
  await gatehouse?.stop();
});

for (const stop of [...stops, ...developmentStops]) {
  const hosted = stops.includes(stop);
  describe(`the page "${stop.name}"`, () => {
    let context: BrowserContext;
    let page: Page;
    let complaints: Complaints;
    before(async () => {
      context = await newContext(browser);
      page = await context.newPage();
      complaints = Complaints.listen(page);
      await stop.go(page, gatehouse);
    });
    after(async () => {
      await context.close();
    });

    test("fits each width and can be used by everybody, in light and dark", async () => {
      assert.deepEqual(await problemsAtEachSize(page, { looks: stop.name.endsWith("-email") }), []); // a message has no landmarks
    });

    if (hosted) {
      test("has the ids that automation relies on, once", async () => {
        for (const id of stop.ids) assert.equal(await page.locator(`#${id}`).count(), 1, id);
      });

      test("has one heading, a title and a language", async () => {
        assert.equal(await page.locator("h1").count(), 1);
        assert.notEqual(await page.title(), "");
        assert.equal(await page.locator("html").getAttribute("lang"), "en");
      });

      test("is light: few requests, few bytes, all of them ours", async () => {
        const fresh = await context.newPage();
        await fresh.goto(`${gatehouse.endpoint}/healthz`); // an address of ours to judge the others by
        const { requests, bytes } = await weigh(fresh, () => fresh.goto(page.url()));
        await fresh.close();
        assert.ok(requests.some((url) => url.endsWith(".css")) && bytes > 5000, "the style sheet is counted");
        assert.ok(requests.length <= mostRequests, requests.join("\n"));
        assert.ok(bytes <= mostBytes, `${bytes} bytes`);
      });

      test("has a policy against scripts from elsewhere", async () => {
        const policy = (await (await page.request.get(page.url(), { headers: { accept: "text/html" } })).headers())["content-security-policy"]!;
        assert.match(policy, /default-src 'none'|default-src 'self'/);
        assert.match(policy, /frame-ancestors 'none'/);
        assert.doesNotMatch(policy, /unsafe-inline|unsafe-eval|\*/);
      });
    }

    test("says nothing on the console", () => complaints.assertNone());
  });
}

test("the tour sees every id that the documentation lists", () => {
  const documentation = readFileSync(join(import.meta.dirname, "../../docs/automation.md"), "utf8");
  const table = documentation.slice(documentation.indexOf("| page |"), documentation.indexOf("## The look"));
  const listed = table.split("\n").slice(2).flatMap((row) => [...(row.split("|")[3] ?? "").matchAll(/`([a-z-]+)`/g)].map(([, id]) => id!));
  // Where they are checked instead: forms without a script (story), a project with more than an e-mail address (api),
  // and what depends on the project's links and moments.
  const elsewhere = [
    "use-email", "use-phone", "use-username", "password-again", "change-password-form", "change-password-submit",
    "back-to-app", "get-help", "reference", "form-error", "form-notice", "form-caution",
  ];
  const seen = new Set(stops.flatMap(({ ids }) => ids));
  assert.deepEqual([...new Set(listed)].filter((id) => !seen.has(id) && !elsewhere.includes(id)), []);
  assert.deepEqual([...seen].filter((id) => !listed.includes(id)), [], "the documentation lists what the tour checks");
});
