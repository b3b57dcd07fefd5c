// A browser that was made to hold a second cookie of the same name.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Gatehouse } from "../support/gatehouse.ts";
import { Person, signIn } from "../support/person.ts";
import { newVerifier, password, publicClient, signedIn } from "../support/protocol.ts";

let gatehouse: Gatehouse;
before(async () => {
  gatehouse = await Gatehouse.start();
});
after(() => gatehouse.stop());

test("cookies that come twice count as absent and are expired, and the person signs in afterwards", async () => {
  await signedIn(gatehouse, "twice@example.com");
  const client = publicClient(gatehouse);
  const person = new Person();
  const names = ["session", "authgear_web_session", "oauth_ui"];
  for (const name of names) person.setCookie(gatehouse.endpoint, name, `one; ${name}=two`);
  const first = await person.request(new URL("/authflow/v2/enter_password", gatehouse.endpoint));
  const lines = first.headers.getSetCookie();
  for (const name of names) {
    const expired = lines.filter((line) => line.startsWith(`${name}=;`) && line.includes("Max-Age=0"));
    for (const path of ["/", "/authflow", "/authflow/v2", "/authflow/v2/enter_password"]) {
      assert.ok(expired.some((line) => line.includes(`; Path=${path};`) && !line.includes("Domain=")), `${name} at ${path}: ${lines}`);
    }
  }
  const fresh = lines.findLastIndex((line) => line.startsWith("authgear_web_session="));
  assert.doesNotMatch(lines[fresh]!, /Max-Age=0/, "the new value comes after what expires the old ones");
  const login = await person.visit(client.authorizeUrl(client.parameters(newVerifier())));
  const back = await signIn(person, login, { email: "twice@example.com", password, until: [client.redirectUri] });
  assert.ok(back.url.searchParams.get("code"));
});

test("a cookie that comes once, and other names that come twice, are left alone", async () => {
  const person = new Person();
  person.setCookie(gatehouse.endpoint, "session", "one; theirs=1; theirs=2");
  const page = await person.request(new URL("/login", gatehouse.endpoint));
  assert.deepEqual(page.headers.getSetCookie().filter((line) => line.includes("Max-Age=0")), []);
});
