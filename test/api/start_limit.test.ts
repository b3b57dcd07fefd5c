// Nobody fills Redis with sign-ins that were only begun.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Gatehouse } from "../support/gatehouse.ts";
import { type Page, Person } from "../support/person.ts";
import { newVerifier, publicClient } from "../support/protocol.ts";

let gatehouse: Gatehouse;
before(async () => {
  gatehouse = await Gatehouse.start({ environment: { GATEHOUSE_STARTS_PER_MINUTE: "3" } });
});
after(() => gatehouse.stop());

const unescape = (text: string): string => text.replaceAll("&amp;", "&");

async function refusedAfterThree(begin: (person: Person) => Promise<{ status: number; headers: Headers }>): Promise<void> {
  const person = new Person();
  for (let i = 0; i < 3; i++) assert.ok((await begin(person)).status < 400);
  const refused = await begin(person);
  assert.equal(refused.status, 429);
  assert.ok(Number(refused.headers.get("retry-after")) > 0);
  assert.ok((await begin(new Person())).status < 400, "another address goes on");
}

test("flows", () => refusedAfterThree((person) => person.request(new URL("/login", gatehouse.endpoint))));

test("a browser hears for how long it has to wait, and has a way to try again", async () => {
  const client = publicClient(gatehouse);
  const { pathname, search } = new URL(client.authorizeUrl(client.parameters(newVerifier())));
  for (const path of ["/login", pathname + search]) {
    const person = new Person();
    const get = (): Promise<Page> => person.request(gatehouse.endpoint + path, { headers: { accept: "text/html" } });
    for (let i = 0; i < 3; i++) await get();
    const page = await get();
    assert.equal(page.status, 429);
    const seconds = Number(page.headers.get("retry-after"));
    assert.ok(seconds > 0 && seconds < 90);
    assert.match(page.text, new RegExp(`Wait ${seconds} seconds?, then try again\\.`));
    const again = unescape(/<a[^>]*href="([^"]*)" id="start-again">Try again</.exec(page.text)![1]!);
    assert.deepEqual([...new URL(again, gatehouse.endpoint).searchParams].sort(), [...new URLSearchParams(search && path !== "/login" ? search : "")].sort());
    assert.equal(new URL(again, gatehouse.endpoint).pathname, path.split("?")[0]);
  }
});

test("sign-in requests", () => {
  const client = publicClient(gatehouse);
  return refusedAfterThree((person) => person.request(client.authorizeUrl(client.parameters(newVerifier()))));
});
