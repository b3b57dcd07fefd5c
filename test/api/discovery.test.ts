// What a program learns about the server: OpenID Connect Discovery 1.0, RFC 8414, RFC 7517.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { decodeJwt, decodeProtectedHeader } from "jose";

import { Gatehouse } from "../support/gatehouse.ts";
import { type Parameters, addClients, basic, confidentialClient, json, newVerifier, post, publicClient, send, signedIn } from "../support/protocol.ts";
import { sql } from "../support/servers.ts";

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

const attributes = {
  email: "ada@example.com", phone_number: "+4712345678", preferred_username: "ada", family_name: "Lovelace", given_name: "Ada", middle_name: "King", name: "Ada Lovelace", nickname: "A", picture: "https://x.example/a.png",
  profile: "https://x.example/ada", website: "https://x.example/", gender: "female", birthdate: "1815-12-10", zoneinfo: "Europe/London", locale: "en", address: { locality: "London" },
};

test("each announced scope, prompt, response type and mode, claim, grant and way to authenticate works", async () => {
  const found = json(await send(at(documents[0]!))) as Record<string, string[]>;
  const more = await addClients(gatehouse);
  const app = publicClient(gatehouse);
  const server = confidentialClient(gatehouse);
  const ada = await signedIn(gatehouse, "ada@example.com");
  await sql(gatehouse.addresses.database_url, "UPDATE _auth_user SET standard_attributes = $1", [attributes]);
  await sql(gatehouse.addresses.database_url, "INSERT INTO _auth_verified_claim (id, app_id, user_id, name, value, created_at) SELECT gen_random_uuid()::text, app_id, id, 'phone_number', $1, now() FROM _auth_user", [attributes.phone_number]);

  for (const scope of found["scopes_supported"]!) assert.match((await app.tokens(ada, { scope: `openid ${scope}` })).scope, new RegExp(scope), scope);
  for (const response_type of found["response_types_supported"]!) assert.ok((await app.code(ada, { response_type })).code);
  for (const response_mode of found["response_modes_supported"]!) assert.ok((await app.code(ada, { response_mode })).code);
  for (const prompt of found["prompt_values_supported"]!) {
    const page = await ada.request(more.partner.authorizeUrl(more.partner.parameters(newVerifier(), { prompt })));
    const to = new URL(page.headers.get("location")!);
    const expected: Record<string, boolean> = {
      none: to.searchParams.get("error") === "consent_required",
      login: to.pathname === "/_internals/oauth_entrypoint",
      select_account: to.pathname === "/_internals/oauth_entrypoint",
      consent: to.pathname === "/oauth2/consent",
    };
    assert.ok(expected[prompt], `${prompt}: ${to}`);
  }

  const tokens = await server.tokens(ada, { scope: "openid offline_access profile email phone", nonce: "n" });
  const claims = { ...json(await server.userinfo(tokens.access_token)), ...decodeJwt(tokens.id_token) };
  for (const claim of found["claims_supported"]!) assert.ok(claim in claims, claim);
  const extra = Object.keys(claims).filter((claim) => !claim.startsWith("https://authgear.com/") && !found["claims_supported"]!.includes(claim));
  assert.deepEqual(extra.sort(), ["custom_attributes", "x_web3"], "what is given is announced");
  assert.deepEqual(found["id_token_signing_alg_values_supported"], [decodeProtectedHeader(tokens.id_token).alg]);
  assert.equal(claims["email_verified"], true);

  assert.deepEqual(found["grant_types_supported"], ["authorization_code", "refresh_token"]);
  const ways: Record<string, (path: string, form: Parameters) => Promise<{ status: number; text: string }>> = {
    none: (path, form) => post(at(path), { client_id: app.id, ...form }),
    client_secret_post: (path, form) => post(at(path), { client_id: server.id, client_secret: server.secret, ...form }),
    client_secret_basic: (path, form) => post(at(path), form, { authorization: basic(server.id, server.secret!) }),
  };
  for (const [name, path] of [["token_endpoint_auth_methods_supported", "/oauth2/token"], ["revocation_endpoint_auth_methods_supported", "/oauth2/revoke"]] as const) {
    for (const way of found[name]!) {
      const { refresh_token } = await (way === "none" ? app : server).tokens(ada);
      const answer = await ways[way]!(path, path === "/oauth2/token" ? { grant_type: "refresh_token", refresh_token } : { token: refresh_token });
      assert.equal(answer.status, 200, `${way} at ${path}: ${answer.text}`);
    }
  }
});

test("what is not announced is refused", async () => {
  const app = publicClient(gatehouse);
  const errors = async (changes: Parameters): Promise<string | null> => new URL((await app.authorize(changes)).headers.get("location")!).searchParams.get("error");
  for (const response_type of ["token", "id_token", "code token", "none"]) assert.equal(await errors({ response_type }), "unsupported_response_type", response_type);
  for (const response_mode of ["fragment", "form_post", "jwt"]) assert.equal(await errors({ response_mode }), "invalid_request", response_mode);
  assert.equal(await errors({ prompt: "create" }), "invalid_request");
  assert.equal(await errors({ code_challenge_method: "plain" }), "invalid_request");
  assert.equal(await errors({ request: "x" }), "request_not_supported");
  assert.equal(await errors({ request_uri: "https://x.example/" }), "request_uri_not_supported");
  assert.equal(await errors({ scope: "openid device_sso" }), "invalid_scope");
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
