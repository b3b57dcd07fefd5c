// OAuth 2.0 by hand, as a strict client or an attacker speaks it: nothing is added, nothing is followed.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { Gatehouse } from "./gatehouse.ts";
import { Person, signIn, signUp } from "./person.ts";

export type Parameters = Record<string, string | undefined>;
export type Pairs = [string, string][];

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
}

export interface Tokens {
  access_token: string;
  id_token: string;
  refresh_token: string;
  expires_in: number;
  token_type: string;
  scope: string;
}

export const password = "correct horse battery staple";

export const challengeOf = (verifier: string): string => createHash("sha256").update(verifier).digest("base64url");
export const newVerifier = (): string => randomBytes(32).toString("base64url");
export const basic = (id: string, secret: string): string =>
  "Basic " + Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString("base64");
export const json = (answer: Answer): Record<string, any> => JSON.parse(answer.text) as Record<string, any>;

const pairsOf = (parameters: Parameters | Pairs): Pairs =>
  Array.isArray(parameters) ? parameters : Object.entries(parameters).filter((pair): pair is [string, string] => pair[1] !== undefined);

let requests = 0;

// One request from an address of its own, so that no test meets another's limits.
export async function send(url: string, init: RequestInit = {}): Promise<Answer> {
  const headers = new Headers(init.headers);
  requests++;
  if (!headers.has("x-forwarded-for")) headers.set("x-forwarded-for", `203.0.${(requests >> 8) & 255}.${requests & 255}`);
  const response = await fetch(url, { ...init, headers, redirect: "manual" });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

export const post = (url: string, body: Parameters | Pairs, headers: Record<string, string> = {}): Promise<Answer> =>
  send(url, { method: "POST", body: new URLSearchParams(pairsOf(body)), headers });

// One of a project's clients, at one server.
export class Client {
  readonly endpoint: string;
  readonly id: string;
  readonly redirectUri: string;
  readonly secret: string | undefined;

  constructor(endpoint: string, id: string, redirectUri: string, secret?: string) {
    this.endpoint = endpoint;
    this.id = id;
    this.redirectUri = redirectUri;
    this.secret = secret;
  }

  // A request that is right in everything but what the test says. `undefined` leaves a parameter out.
  parameters(verifier: string, changes: Parameters = {}): Parameters {
    return {
      client_id: this.id,
      redirect_uri: this.redirectUri,
      response_type: "code",
      scope: "openid offline_access",
      state: "the state",
      code_challenge: challengeOf(verifier),
      code_challenge_method: "S256",
      ...changes,
    };
  }

  authorizeUrl(parameters: Parameters | Pairs): string {
    return `${this.endpoint}/oauth2/authorize?${new URLSearchParams(pairsOf(parameters))}`;
  }

  authorize(changes: Parameters = {}, headers: Record<string, string> = {}): Promise<Answer> {
    return send(this.authorizeUrl(this.parameters(newVerifier(), changes)), { headers });
  }

  // A code of a signed-in person, with what is needed to redeem it.
  async code(person: Person, changes: Parameters = {}): Promise<{ code: string; verifier: string }> {
    const verifier = newVerifier();
    const page = await person.request(this.authorizeUrl(this.parameters(verifier, changes)));
    assert.equal(page.status, 303, page.text);
    const code = new URL(page.headers.get("location")!).searchParams.get("code");
    assert.ok(code, page.headers.get("location")!);
    return { code, verifier };
  }

  // As this client, with its secret in the body if it has one.
  token(body: Parameters, headers: Record<string, string> = {}): Promise<Answer> {
    return post(`${this.endpoint}/oauth2/token`, { client_id: this.id, client_secret: this.secret, ...body }, headers);
  }

  redeem(made: { code: string; verifier: string }, changes: Parameters = {}): Promise<Answer> {
    return this.token({
      grant_type: "authorization_code",
      code: made.code,
      redirect_uri: this.redirectUri,
      code_verifier: made.verifier,
      ...changes,
    });
  }

  refresh(token: string, changes: Parameters = {}): Promise<Answer> {
    return this.token({ grant_type: "refresh_token", refresh_token: token, ...changes });
  }

  async tokens(person: Person, changes: Parameters = {}): Promise<Tokens> {
    const answer = await this.redeem(await this.code(person, changes));
    assert.equal(answer.status, 200, answer.text);
    return json(answer) as Tokens;
  }

  userinfo(token: string): Promise<Answer> {
    return send(`${this.endpoint}/oauth2/userinfo`, { headers: { authorization: `Bearer ${token}` } });
  }

  revoke(token: string, changes: Parameters = {}): Promise<Answer> {
    return post(`${this.endpoint}/oauth2/revoke`, { token, client_id: this.id, client_secret: this.secret, ...changes });
  }
}

export const publicClient = ({ addresses: at }: Gatehouse): Client => new Client(at.endpoint, at.public_client_id, `${at.demo}/callback`);
export const confidentialClient = ({ addresses: at }: Gatehouse): Client =>
  new Client(at.endpoint, at.confidential_client_id, `${at.demo}/callback`, at.confidential_client_secret);

// A new person with a browser that is signed in.
export async function signedIn(gatehouse: Gatehouse, email: string): Promise<Person> {
  const person = new Person();
  const client = publicClient(gatehouse);
  const login = await person.visit(client.authorizeUrl(client.parameters(newVerifier())));
  await signUp(person, login, { email, password, inbox: gatehouse.addresses.inbox, until: [client.redirectUri] });
  return person;
}

// The same person in another browser.
export async function signedInAgain(gatehouse: Gatehouse, email: string): Promise<Person> {
  const person = new Person();
  const client = publicClient(gatehouse);
  const login = await person.visit(client.authorizeUrl(client.parameters(newVerifier())));
  await signIn(person, login, { email, password, until: [client.redirectUri] });
  return person;
}

export const moreClients = {
  partner: { id: "partner", redirectUri: "https://partner.example/cb", secret: "partner secret +&=%:é" },
  spa: { id: "spa", redirectUri: "https://spa.example/cb" },
  website: { id: "website", redirectUri: "https://website.example/cb" },
  jwt: { id: "jwt", redirectUri: "https://jwt.example/cb?tenant=1" },
  machine: { id: "machine", redirectUri: "https://machine.example/cb", secret: "machine secret" },
};

const clientsYaml = `
  - client_id: partner
    name: Partner
    client_name: "Partner & Sons"
    x_application_type: third_party_app
    redirect_uris: ["https://partner.example/cb"]
    post_logout_redirect_uris: ["https://partner.example/bye"]
  - client_id: spa
    name: Single page
    x_application_type: spa
    redirect_uris: ["https://spa.example/cb", "http://127.0.0.1/cb", "https://spa.example:8443/cb"]
    post_logout_redirect_uris: ["https://spa.example/bye?from=here", "https://spa.example/#/bye?", "https://spa.example/?from=here#/bye"]
  - client_id: website
    name: Website
    x_application_type: traditional_webapp
    redirect_uris: ["https://website.example/cb"]
    post_logout_redirect_uris: ["https://website.example/bye"]
  - client_id: jwt
    name: JWT
    x_application_type: spa
    redirect_uris: ["https://jwt.example/cb?tenant=1"]
    issue_jwt_access_token: true
    access_token_lifetime_seconds: 600
  - client_id: machine
    name: Machine
    x_application_type: m2m
`;

const secretYaml = (id: string, secret: string): string =>
  `    - client_id: ${id}\n      keys:\n      - {kty: oct, kid: ${id}-1, k: "${Buffer.from(secret).toString("base64url")}"}\n`;

// Clients of the other kinds, put into the project's files while the server runs.
export async function addClients(gatehouse: Gatehouse): Promise<Record<keyof typeof moreClients, Client>> {
  const at = (name: string): string => join(gatehouse.addresses.data, "project", name);
  const secrets = await readFile(at("authgear.secrets.yaml"), "utf8");
  const marker = /key: oauth\.client_secrets\s+data:\s+items:\s*\n/;
  assert.match(secrets, marker);
  const more = secretYaml("partner", moreClients.partner.secret) + secretYaml("machine", moreClients.machine.secret);
  await writeFile(at("authgear.secrets.yaml"), secrets.replace(marker, (found) => found + more));
  await writeFile(at("authgear.yaml"), (await readFile(at("authgear.yaml"), "utf8")).trimEnd() + clientsYaml);
  const entries = Object.entries(moreClients).map(([name, { id, redirectUri, ...rest }]) => [
    name,
    new Client(gatehouse.endpoint, id, redirectUri, "secret" in rest ? rest.secret : undefined),
  ]);
  const clients = Object.fromEntries(entries) as Record<keyof typeof moreClients, Client>;
  await until(async () => (await clients.spa.authorize()).status === 302, "the new clients are known");
  return clients;
}

export async function until(condition: () => Promise<boolean>, what: string, withinMs = 15_000): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!(await condition())) {
    assert.ok(Date.now() < deadline, `not within ${withinMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
