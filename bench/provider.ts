// What both products do: sign a person in, hand out codes and tokens, tell who it is.
import { createHash, randomBytes } from "node:crypto";

import { type Page, Person } from "../test/support/person.ts";
import { Client } from "./load.ts";

export interface Provider {
  origin: string;
  paths: { authorize: string; token: string; userinfo: string; jwks: string };
  clientId: string;
  redirectUri: string;
  // From the first page to the redirect back; `who` is a number below `people`.
  signIn(person: Person, first: Page, who: number): Promise<Page>;
  // The same for somebody new, by an e-mail address that is proved on the way.
  signUp?(person: Person, first: Page, email: string): Promise<Page>;
  people: number;
}

export interface Tokens {
  access_token: string;
  refresh_token: string;
  id_token: string;
}

const verifier = randomBytes(32).toString("base64url");
const challenge = createHash("sha256").update(verifier).digest("base64url");

export class Application {
  readonly provider: Provider;
  readonly client: Client;

  constructor(provider: Provider) {
    this.provider = provider;
    this.client = new Client(provider.origin);
  }

  authorizationUrl(extra: Record<string, string> = {}): string {
    const { paths, clientId, redirectUri } = this.provider;
    const query = new URLSearchParams({
      client_id: clientId,
      redirect_uri: redirectUri,
      response_type: "code",
      scope: "openid offline_access",
      state: randomBytes(12).toString("base64url"),
      nonce: randomBytes(12).toString("base64url"),
      code_challenge: challenge,
      code_challenge_method: "S256",
      ...extra,
    });
    return `${paths.authorize}?${query}`;
  }

  // Authorize, page, password, redirect back: the code.
  signIn(person: Person, who: number): Promise<string> {
    return this.enter(person, (first) => this.provider.signIn(person, first, who));
  }

  // From the authorization request over the pages to the code.
  async enter(person: Person, pages: (first: Page) => Promise<Page>): Promise<string> {
    const { origin, redirectUri } = this.provider;
    const back = await pages(await person.visit(origin + this.authorizationUrl(), {}, [redirectUri]));
    return this.codeOf(back.url.href);
  }

  // A code for a browser that is signed in already.
  async silentCode(cookies: string): Promise<string> {
    const { location, status, text } = await this.client.get(this.authorizationUrl({ prompt: "none" }), { cookie: cookies });
    return this.codeOf(location ?? `${status}: ${text.slice(0, 300)}`);
  }

  exchange(code: string): Promise<Tokens> {
    return this.tokens({ grant_type: "authorization_code", code, redirect_uri: this.provider.redirectUri, code_verifier: verifier });
  }

  refresh(refreshToken: string): Promise<Tokens> {
    return this.tokens({ grant_type: "refresh_token", refresh_token: refreshToken });
  }

  private async tokens(form: Record<string, string>): Promise<Tokens> {
    const { status, text } = await this.client.post(this.provider.paths.token, { client_id: this.provider.clientId, ...form });
    const tokens = JSON.parse(text) as Partial<Tokens>;
    if (status !== 200 || !tokens.access_token || !tokens.refresh_token || !tokens.id_token) {
      throw new Error(`the token endpoint answered ${status}: ${text.slice(0, 300)}`);
    }
    return tokens as Tokens;
  }

  private codeOf(url: string): string {
    const code = URL.parse(url)?.searchParams.get("code");
    if (!url.startsWith(this.provider.redirectUri) || !code) throw new Error(`no code in ${url}`);
    return code;
  }
}
