// What a program learns about the server: OpenID Connect Discovery 1.0, RFC 8414, RFC 7517.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Gatehouse } from "../support/gatehouse.ts";
import { json, send } from "../support/protocol.ts";

let gatehouse: Gatehouse;
before(async () => {
  gatehouse = await Gatehouse.start();
});
after(() => gatehouse.stop());

const documents = ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server", "/oauth2/jwks"];
const at = (path: string): string => gatehouse.endpoint + path;

test("both discovery documents say the same, with every endpoint at the configured origin", async () => {
  const [one, other] = await Promise.all(documents.slice(0, 2).map((path) => send(at(path))));
  assert.equal(one!.text, other!.text);
  const found = json(one!);
  assert.equal(found["issuer"], gatehouse.endpoint);
  for (const [name, path] of Object.entries({
    authorization_endpoint: "authorize",
    token_endpoint: "token",
    revocation_endpoint: "revoke",
    jwks_uri: "jwks",
    userinfo_endpoint: "userinfo",
    end_session_endpoint: "end_session",
  })) {
    assert.equal(found[name], `${gatehouse.endpoint}/oauth2/${path}`);
  }
});

test("discovery promises only what the server does", async () => {
  const found = json(await send(at(documents[0]!)));
  assert.deepEqual(found["response_types_supported"], ["code"]);
  assert.deepEqual(found["grant_types_supported"], ["authorization_code", "refresh_token"]);
  assert.deepEqual(found["code_challenge_methods_supported"], ["S256"]);
  assert.deepEqual(found["subject_types_supported"], ["public"]);
  assert.deepEqual(found["id_token_signing_alg_values_supported"], ["RS256"]);
  assert.deepEqual(found["token_endpoint_auth_methods_supported"], ["none", "client_secret_post", "client_secret_basic"]);
  assert.equal(found["authorization_response_iss_parameter_supported"], true);
  assert.equal(found["request_parameter_supported"], false);
  assert.equal(found["request_uri_parameter_supported"], false);
  for (const scope of ["openid", "offline_access", "profile", "email", "https://authgear.com/scopes/full-userinfo"]) {
    assert.ok((found["scopes_supported"] as string[]).includes(scope), scope);
  }
});

test("the key set holds public keys only, each with a kid of its own", async () => {
  const { keys } = json(await send(at("/oauth2/jwks"))) as { keys: Record<string, unknown>[] };
  assert.ok(keys.length > 0);
  assert.equal(new Set(keys.map(({ kid }) => kid)).size, keys.length);
  for (const key of keys) {
    assert.deepEqual([key["kty"], key["alg"], key["use"]], ["RSA", "RS256", "sig"]);
    for (const secret of ["d", "p", "q", "dp", "dq", "qi", "k"]) assert.equal(secret in key, false, secret);
  }
});

test("the documents may be kept for a while and read from every origin", async () => {
  for (const path of documents) {
    const answer = await send(at(path), { headers: { origin: "https://anybody.example" } });
    assert.equal(answer.status, 200);
    assert.match(answer.headers.get("content-type")!, /^application\/json/);
    assert.match(answer.headers.get("cache-control")!, /public, max-age=\d+/);
    assert.equal(answer.headers.get("access-control-allow-origin"), "*");
    assert.equal(answer.headers.get("access-control-allow-credentials"), null);
    const again = await send(at(path), { headers: { "if-none-match": answer.headers.get("etag")! } });
    assert.equal(again.status, 304);
    assert.equal(again.text, "");
  }
});

test("HEAD answers like GET without a body, OPTIONS lets scripts in, POST is not allowed", async () => {
  for (const path of documents) {
    const head = await send(at(path), { method: "HEAD", headers: { "accept-encoding": "identity" } });
    const get = await send(at(path), { headers: { "accept-encoding": "identity" } });
    assert.equal(head.status, 200);
    assert.equal(head.text, "");
    assert.equal(head.headers.get("content-length"), String(Buffer.byteLength(get.text)));
    const options = await send(at(path), { method: "OPTIONS", headers: { origin: "https://anybody.example", "access-control-request-method": "GET" } });
    assert.equal(options.status, 204);
    assert.equal(options.headers.get("access-control-allow-origin"), "*");
    const wrong = await send(at(path), { method: "POST" });
    assert.equal(wrong.status, 405);
    assert.match(wrong.headers.get("allow")!, /GET/);
  }
});

test("the endpoints for scripts answer preflights of the clients' own origins only", async () => {
  const headers = { "access-control-request-method": "POST", "access-control-request-headers": "content-type,dpop" };
  for (const path of ["/oauth2/token", "/oauth2/revoke", "/oauth2/userinfo"]) {
    const own = await send(at(path), { method: "OPTIONS", headers: { ...headers, origin: gatehouse.addresses.demo } });
    assert.equal(own.headers.get("access-control-allow-origin"), gatehouse.addresses.demo);
    assert.equal(own.headers.get("access-control-allow-credentials"), "true");
    assert.match(own.headers.get("vary")!, /origin/i);
    for (const origin of ["https://evil.example", "null", `${gatehouse.addresses.demo}.evil.example`, gatehouse.addresses.demo.replace("http:", "https:")]) {
      const foreign = await send(at(path), { method: "OPTIONS", headers: { ...headers, origin } });
      assert.equal(foreign.headers.get("access-control-allow-origin"), null, origin);
      assert.equal(foreign.headers.get("access-control-allow-methods"), null, origin);
    }
  }
});
