// A form on another site, as a real browser sends it: without the cookies that are SameSite=Lax.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";

import type { Browser } from "playwright-core";

import { launch, newContext } from "../support/browser.ts";
import { Gatehouse } from "../support/gatehouse.ts";
import { authorizeUrl, goToSignedIn } from "../support/tour.ts";

let gatehouse: Gatehouse;
let browser: Browser;
let elsewhere: Server; // 127.0.0.1: to a browser another site than localhost
before(async () => {
  [gatehouse, browser] = await Promise.all([Gatehouse.start(), launch()]);
  elsewhere = createServer((request, response) => {
    const wanted = new URL(authorizeUrl(gatehouse, Object.fromEntries(new URL(request.url!, "http://x").searchParams)));
    const fields = [...wanted.searchParams].map(([name, value]) => `<input type="hidden" name="${name}" value="${value}">`);
    response.setHeader("content-type", "text/html");
    response.end(`<form method="post" action="${wanted.origin}${wanted.pathname}">${fields.join("")}<button id="go">go</button></form>`);
  }).listen(0, "127.0.0.1");
  await once(elsewhere, "listening");
});
after(async () => {
  elsewhere?.close();
  await browser?.close();
  await gatehouse?.stop();
});

const form = (query = ""): string => `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/${query}`;

test("an authorization request by a form of another site finds the person signed in", async () => {
  const context = await newContext(browser);
  const page = await context.newPage();
  await goToSignedIn(page, gatehouse);
  for (const query of ["", "?prompt=none"]) {
    const posts: Record<string, string>[] = [];
    page.on("request", (request) => {
      if (request.method() === "POST" && request.url().endsWith("/oauth2/authorize")) void request.allHeaders().then((headers) => posts.push(headers));
    });
    await page.goto(form(query));
    const answered = page.waitForRequest((request) => request.url().startsWith(`${gatehouse.addresses.demo}/callback`));
    await page.click("#go");
    const back = new URL((await answered).url()).searchParams;
    assert.ok(back.get("code"), `${query}: ${back}`);
    assert.equal(back.get("state"), "state");
    await page.waitForLoadState("load");
    assert.doesNotMatch(posts.at(-1)!["cookie"] ?? "", /(^|; )session=/, "the post itself had no session");
    page.removeAllListeners("request");
  }
  await context.close();
});

test("a person who is not signed in is led to the sign-in by it", async () => {
  const context = await newContext(browser);
  const page = await context.newPage();
  await page.goto(form());
  await page.click("#go");
  await page.waitForSelector("#login-form");
  await context.close();
});
