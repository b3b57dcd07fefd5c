// A person who signed up, and what applications hold for them, for tests that go on from there.
import { Application } from "./application.ts";
import type { Addresses } from "./gatehouse.ts";
import { Person, signIn, signUp } from "./person.ts";
import { anotherAddress } from "./server_process.ts";

export interface Account {
  email: string;
  password: string;
}

export interface Tokens {
  access_token: string;
  refresh_token: string;
  id_token: string;
}

// A person whose requests come from an address of their own.
export class Visitor extends Person {
  private readonly from = anotherAddress();

  override request(url: string | URL, init: RequestInit = {}) {
    const headers = new Headers(init.headers);
    for (const [name, value] of Object.entries(this.from)) headers.set(name, value);
    return super.request(url, { ...init, headers });
  }
}

export async function createAccount(at: Addresses, application: Application, account: Account): Promise<Visitor> {
  const person = new Visitor();
  const request = await application.authorizationRequest();
  await signUp(person, await person.visit(request.url), { ...account, inbox: at.inbox, until: [application.redirectUri] });
  return person;
}

// A sign-up that stops where the code is asked for: one message is owed.
export async function beginSignUp(application: Application, email: string): Promise<void> {
  const person = new Visitor();
  const { url } = await application.authorizationRequest();
  const login = await person.visit(url);
  const tag = /<a[^>]*\sid="signup-link"[^>]*>/.exec(login.text)![0];
  const signup = await person.visit(new URL(/href="([^"]*)"/.exec(tag)![1]!.replaceAll("&amp;", "&"), login.url));
  await person.submit(signup, "signup-form", { x_login_id: email });
}

// What the token endpoint is told with a code; a fresh one from a new sign-in, or from the session of `person`.
export async function freshCode(application: Application, account: Account, person = new Visitor()): Promise<Record<string, string>> {
  const request = await application.authorizationRequest();
  const page = await person.visit(request.url, {}, [application.redirectUri]);
  const atOnce = page.url.href.startsWith(application.redirectUri);
  const back = atOnce ? page : await signIn(person, page, { ...account, until: [application.redirectUri] });
  const code = back.url.searchParams.get("code");
  if (code === null) throw new Error(`no code at ${back.url}:\n${back.text.slice(0, 2000)}`);
  return {
    grant_type: "authorization_code",
    code,
    client_id: application.clientId,
    redirect_uri: application.redirectUri,
    code_verifier: request.verifier,
  };
}

export async function freshTokens(at: Addresses, application: Application, account: Account, person = new Visitor()): Promise<Tokens> {
  const values = await freshCode(application, account, person);
  const response = await fetch(`${at.endpoint}/oauth2/token`, { method: "POST", body: new URLSearchParams(values), headers: anotherAddress() });
  if (response.status !== 200) throw new Error(`no tokens: ${await response.text()}`);
  return (await response.json()) as Tokens;
}
