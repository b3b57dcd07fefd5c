// npm's oidc-provider with PostgreSQL, doing the same work: opaque access tokens, ID tokens by RS256, rotation, PKCE.
// Usage: oidc_provider.ts DATABASE_URL PEOPLE PORT; makes the people, prints its origin and ends by SIGTERM. Without people
// it only starts, as it would every day.
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

import argon2 from "argon2";
import pg from "pg";

import { PostgresAdapter } from "./postgres_adapter.ts";

// @ts-expect-error: the package has no types
const { Provider } = (await import("oidc-provider")) as { Provider: new (issuer: string, options: object) => Peer };

interface Interaction {
  uid: string;
  prompt: { name: string; details: { missingOIDCScope?: string[] } };
  params: { client_id: string };
}
interface Peer {
  callback(): (request: unknown, response: unknown) => void;
  interactionDetails(request: unknown, response: unknown): Promise<Interaction>;
  interactionFinished(request: unknown, response: unknown, result: object): Promise<void>;
  Grant: new (of: { accountId: string; clientId: string }) => { addOIDCScope(scope: string): void; save(): Promise<string> };
}

const [databaseUrl, people, port] = process.argv.slice(2) as [string, string, string];
const kHash = { type: argon2.argon2id, memoryCost: 19456, timeCost: 2, parallelism: 1 } as const; // as Gatehouse's
const pool = new pg.Pool({ connectionString: databaseUrl, max: 10 });

async function prepareDatabase(): Promise<void> {
  await pool.query(PostgresAdapter.schema);
  await pool.query("CREATE TABLE IF NOT EXISTS account (id text PRIMARY KEY, email text UNIQUE, hash text)");
  for (let i = 0; i < Number(people); ++i) {
    const hash = await argon2.hash("correct horse battery staple", kHash);
    await pool.query("INSERT INTO account VALUES ($1, $2, $3)", [`person-${i}`, `person-${i}@example.com`, hash]);
  }
}

async function accountOf(email: string, password: string): Promise<string | undefined> {
  const query = { name: "by-email", text: "SELECT id, hash FROM account WHERE email = $1", values: [email] };
  const { rows } = await pool.query<{ id: string; hash: string }>(query);
  const account = rows[0];
  return account && (await argon2.verify(account.hash, password)) ? account.id : undefined;
}

async function findAccount(_: unknown, id: string): Promise<object | undefined> {
  const query = { name: "by-id", text: "SELECT id, email FROM account WHERE id = $1", values: [id] };
  const { rows } = await pool.query<{ id: string; email: string }>(query);
  const account = rows[0];
  return account && { accountId: account.id, claims: () => ({ sub: account.id, email: account.email, email_verified: true }) };
}

const page = (uid: string) => `<!doctype html><html lang="en"><title>Sign in</title>
<form id="login-form" method="post" action="/interaction/${uid}"><input name="email"><input name="password" type="password">
<button>Sign in</button></form></html>`;

// Kept in the database: making a key is no part of a start.
async function signingKey(): Promise<object> {
  await pool.query("CREATE TABLE IF NOT EXISTS key (jwk jsonb)");
  const { rows } = await pool.query<{ jwk: object }>("SELECT jwk FROM key");
  if (rows[0]) return rows[0].jwk;
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const jwk = { ...privateKey.export({ format: "jwk" }), use: "sig", alg: "RS256", kid: "bench" };
  await pool.query("INSERT INTO key VALUES ($1)", [jwk]);
  return jwk;
}

function start(port: number, key: object): Peer {
  return new Provider(`http://localhost:${port}`, {
    adapter: (model: string) => new PostgresAdapter(pool, model),
    clients: [
      {
        client_id: "bench",
        token_endpoint_auth_method: "none",
        application_type: "web",
        redirect_uris: ["http://127.0.0.1/callback"],
        grant_types: ["authorization_code", "refresh_token"],
        response_types: ["code"],
      },
    ],
    jwks: { keys: [key] },
    cookies: { keys: [randomBytes(32).toString("hex")] },
    claims: { openid: ["sub", "email", "email_verified"] },
    features: { devInteractions: { enabled: false } },
    findAccount,
    interactions: { url: (_: unknown, interaction: Interaction) => `/interaction/${interaction.uid}` },
    issueRefreshToken: () => true,
    rotateRefreshToken: true,
    pkce: { required: () => true },
    ttl: { AccessToken: 1800, AuthorizationCode: 300, IdToken: 300, RefreshToken: 86400, Grant: 86400, Session: 86400, Interaction: 600 },
  });
}

async function body(request: AsyncIterable<Buffer>): Promise<URLSearchParams> {
  let text = "";
  for await (const part of request) text += part.toString();
  return new URLSearchParams(text);
}

async function grantOf(peer: Peer, accountId: string, clientId: string): Promise<string> {
  const grant = new peer.Grant({ accountId, clientId });
  grant.addOIDCScope("openid offline_access");
  return grant.save();
}

if (Number(people) > 0) await prepareDatabase();
const key = await signingKey();
const server = createServer();
server.listen(Number(port), "127.0.0.1", () => {
  const peer = start((server.address() as AddressInfo).port, key);
  const answer = peer.callback();
  server.on("request", (request, response) => {
    if (!request.url!.startsWith("/interaction/")) return answer(request, response);
    void (async () => {
      const interaction = await peer.interactionDetails(request, response);
      if (request.method === "GET") return response.setHeader("content-type", "text/html").end(page(interaction.uid));
      const form = await body(request);
      const accountId = await accountOf(form.get("email") ?? "", form.get("password") ?? "");
      if (!accountId) return response.writeHead(401).end();
      // Login and consent in one step: the fewest round trips that it can do.
      const grantId = await grantOf(peer, accountId, interaction.params.client_id);
      await peer.interactionFinished(request, response, { login: { accountId }, consent: { grantId } });
      return undefined;
    })().catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
  console.log(`http://localhost:${(server.address() as AddressInfo).port}`);
});
process.on("SIGTERM", () => process.exit(0));
