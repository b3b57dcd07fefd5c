// A person with a browser that has no script: cookies, forms, redirects. Reads pages by the ids that docs/automation.md lists.
import { newestCode } from "./inbox.ts";

export interface Page {
  url: URL;
  status: number;
  headers: Headers;
  text: string;
}

interface Form {
  action: string;
  method: string;
  fields: Map<string, string>;
}

const attribute = (tag: string, name: string): string | undefined => {
  const found = new RegExp(`\\s${name}(?:="([^"]*)"|(?=[\\s>]))`).exec(tag);
  return found ? unescapeHtml(found[1] ?? "") : undefined;
};

const unescapeHtml = (text: string): string =>
  text
    .replace(/&#x([0-9a-f]+);/gi, (_, hex: string) => String.fromCodePoint(parseInt(hex, 16)))
    .replace(/&#(\d+);/g, (_, decimal: string) => String.fromCodePoint(Number(decimal)))
    .replace(/&quot;/g, '"')
    .replace(/&lt;/g, "<")
    .replace(/&gt;/g, ">")
    .replace(/&amp;/g, "&");

// The text of the element with this id, tags removed.
export function textOf(page: Page, id: string): string | undefined {
  const found = new RegExp(`<([a-z0-9]+)[^>]*\\sid="${id}"[^>]*>([\\s\\S]*?)</\\1>`).exec(page.text);
  return found ? unescapeHtml(found[2]!.replace(/<[^>]+>/g, " ").replace(/\s+/g, " ").trim()) : undefined;
}

export function hasId(page: Page, id: string): boolean {
  return page.text.includes(`id="${id}"`);
}

let people = 0;

export class Person {
  // Each person has an address of their own, so that one test's limits are not another's.
  readonly address = `198.51.${100 + Math.floor(++people / 250)}.${1 + (people % 250)}`;
  private jar = new Map<string, Map<string, string>>(); // host → name → value
  readonly visited: URL[] = [];

  cookies(url: string | URL): Map<string, string> {
    return this.jar.get(new URL(url).hostname) ?? new Map();
  }

  setCookie(url: string | URL, name: string, value: string): void {
    const { hostname } = new URL(url);
    if (!this.jar.has(hostname)) this.jar.set(hostname, new Map());
    this.jar.get(hostname)!.set(name, value);
  }

  // One request without following redirects.
  async request(url: string | URL, init: RequestInit = {}): Promise<Page> {
    const target = new URL(url);
    this.visited.push(target);
    const headers = new Headers(init.headers);
    if (!headers.has("x-forwarded-for")) headers.set("x-forwarded-for", this.address);
    const cookies = [...this.cookies(target)].map(([name, value]) => `${name}=${value}`).join("; ");
    if (cookies) headers.set("cookie", cookies);
    const response = await fetch(target, { ...init, headers, redirect: "manual" });
    for (const line of response.headers.getSetCookie()) this.remember(target, line);
    return { url: target, status: response.status, headers: response.headers, text: await response.text() };
  }

  // Follows redirects; stops before a URL that starts with one of `until`.
  async visit(url: string | URL, init: RequestInit = {}, until: string[] = []): Promise<Page> {
    let page = await this.request(url, init);
    for (let hops = 0; page.status >= 300 && page.status < 400 && page.headers.has("location"); hops++) {
      if (hops > 20) throw new Error(`too many redirects at ${page.url}`);
      const next = new URL(page.headers.get("location")!, page.url);
      if (until.some((prefix) => next.href.startsWith(prefix))) return { ...page, url: next };
      page = await this.request(next);
    }
    return page;
  }

  // Fills in and sends the form with this id, by the button with this id where one is named.
  async submit(page: Page, formId: string, values: Record<string, string>, options: { button?: string; until?: string[] } = {}): Promise<Page> {
    const form = this.formOf(page, formId, options.button);
    for (const [name, value] of Object.entries(values)) form.fields.set(name, value);
    const body = new URLSearchParams([...form.fields]).toString();
    const url = new URL(form.action || page.url.href, page.url);
    const init: RequestInit = {
      method: "POST",
      body,
      headers: { "content-type": "application/x-www-form-urlencoded", origin: page.url.origin, "sec-fetch-site": "same-origin" },
    };
    return this.visit(url, init, options.until);
  }

  private formOf(page: Page, id: string, button?: string): Form {
    const found = new RegExp(`<form[^>]*\\sid="${id}"[^>]*>[\\s\\S]*?</form>`).exec(page.text)?.[0];
    if (!found) throw new Error(`no form "${id}" on ${page.url} (${page.status}):\n${page.text.slice(0, 4000)}`);
    const fields = new Map<string, string>();
    for (const [tag] of found.matchAll(/<input[^>]*>/g)) {
      const name = attribute(tag, "name");
      const type = attribute(tag, "type");
      if (name !== undefined && (type !== "checkbox" || attribute(tag, "checked") !== undefined)) fields.set(name, attribute(tag, "value") ?? "");
    }
    // Buttons may stand outside of the form and name it.
    for (const [tag] of page.text.matchAll(/<button[^>]*>/g)) {
      const name = attribute(tag, "name");
      const wanted = button === undefined ? found.includes(tag) : attribute(tag, "id") === button;
      if (name !== undefined && wanted && (button !== undefined || !fields.has(name))) fields.set(name, attribute(tag, "value") ?? "");
    }
    const head = /<form[^>]*>/.exec(found)![0];
    return { action: attribute(head, "action") ?? "", method: attribute(head, "method") ?? "post", fields };
  }

  private remember(url: URL, line: string): void {
    const [pair, ...rest] = line.split(";").map((part) => part.trim());
    const at = pair!.indexOf("=");
    const name = pair!.slice(0, at);
    const expired = rest.some((part) => /^max-age=(0|-\d+)$/i.test(part) || (/^expires=/i.test(part) && Date.parse(part.slice(8)) < Date.now()));
    if (expired) this.jar.get(url.hostname)?.delete(name);
    else this.setCookie(url, name, pair!.slice(at + 1));
  }
}

// Signs a new person up, from the page where a sign-in begins; stops before the application's redirect URI.
export async function signUp(person: Person, login: Page, who: { email: string; password: string; inbox: string; until: string[] }): Promise<Page> {
  const link = /<a[^>]*\sid="signup-link"[^>]*>/.exec(login.text)?.[0];
  if (!link) throw new Error(`no link to sign up on ${login.url}`);
  const signup = await person.visit(new URL(attribute(link, "href")!, login.url));
  const verify = await person.submit(signup, "signup-form", { x_login_id: who.email });
  const code = await newestCode(who.inbox, who.email);
  const password = await person.submit(verify, "code-form", { x_code: code }, { button: "code-submit" });
  return person.submit(password, "create-password-form", { x_password: who.password, x_confirm_password: who.password }, { until: who.until });
}

export async function signIn(person: Person, login: Page, who: { email: string; password: string; until: string[] }): Promise<Page> {
  const password = await person.submit(login, "login-form", { x_login_id: who.email });
  return person.submit(password, "password-form", { x_password: who.password }, { until: who.until });
}
