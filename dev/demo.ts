// An application as anybody would write it: OpenID Connect by the ordinary library, tokens kept on its server, one cookie.
import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import * as oidc from "openid-client";

import type { Running } from "./main.ts";
import { escapeHtml, redirect, sendPage } from "./page.ts";

interface Browser {
  verifier?: string;
  state?: string;
  tokens?: oidc.TokenEndpointResponse & oidc.TokenEndpointResponseHelpers;
  refreshToken?: string | undefined;
  userInfo?: oidc.UserInfoResponse;
  notice?: string;
}

const place = "Demo application";

// JSON with its names set off.
const show = (value: unknown): string =>
  `<pre class="json">${escapeHtml(JSON.stringify(value, null, 2)).replace(/^( +)(&#34;.*?&#34;)(?=:)/gm, "$1<b>$2</b>")}</pre>`;

export class Demo {
  private running: Running | undefined;
  private configuration: Promise<oidc.Configuration> | undefined;
  private browsers = new Map<string, Browser>();

  listen(port: number): Promise<number> {
    const server = createServer((request, response) => {
      this.answer(request, response).catch((error: unknown) => this.fail(response, error));
    });
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
    });
  }

  serve(running: Running): void {
    this.running = running;
  }

  private discovered(): Promise<oidc.Configuration> {
    if (!this.running) throw new Error("Gatehouse is still starting.");
    this.configuration ??= oidc
      .discovery(new URL(this.running.issuer), this.running.client_id, undefined, oidc.None(), {
        execute: [oidc.allowInsecureRequests],
      })
      .catch((error: unknown) => {
        this.configuration = undefined;
        throw error;
      });
    return this.configuration;
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", this.running?.demo ?? "http://demo");
    const browser = this.browserOf(request, response);
    const route = `${request.method} ${url.pathname}`;
    if (route === "GET /") return this.home(response, browser);
    if (route === "POST /sign-in") return this.signIn(response, browser);
    if (route === "GET /callback") return this.callback(response, browser, url);
    if (route === "POST /refresh") return this.refresh(response, browser);
    if (route === "POST /sign-out") return this.signOut(response, browser);
    sendPage(response, place, "Not found", `<header><h1>There is no page here</h1></header><p><a href="/">Go to the start</a></p>`, 404);
  }

  private browserOf(request: IncomingMessage, response: ServerResponse): Browser {
    const id = /(?:^|;\s*)demo=([0-9a-f-]{36})/.exec(request.headers.cookie ?? "")?.[1];
    const known = id === undefined ? undefined : this.browsers.get(id);
    if (known) return known;
    const fresh: Browser = {};
    const freshId = randomUUID();
    this.browsers.set(freshId, fresh);
    response.setHeader("set-cookie", `demo=${freshId}; Path=/; HttpOnly; SameSite=Lax`);
    return fresh;
  }

  private async home(response: ServerResponse, browser: Browser): Promise<void> {
    if (!browser.tokens) {
      return sendPage(
        response,
        place,
        place,
        `<header><h1>You are not signed in</h1></header><div class="panel">` +
          `<p>This application knows nobody by itself. It sends you to Gatehouse, and gets tokens back that say who you are.</p>` +
          `<form method="post" action="/sign-in"><button class="primary" id="sign-in">Sign in</button></form></div>` +
          `<p class="muted small">E-mail that Gatehouse sends arrives in the <a href="${escapeHtml(this.running?.inbox ?? "")}" id="inbox">development inbox</a>.</p>`,
      );
    }
    const claims = browser.tokens.claims();
    const name = typeof browser.userInfo?.email === "string" ? browser.userInfo.email : browser.userInfo?.sub;
    sendPage(
      response,
      place,
      place,
      `<header><h1>You are signed in</h1></header>` +
        (browser.notice ? `<p class="notice" id="notice" role="status">${escapeHtml(browser.notice)}</p>` : "") +
        `<div class="panel"><p>As <strong id="who">${escapeHtml(String(name ?? claims?.sub))}</strong></p>` +
        `<div class="actions"><form method="post" action="/refresh"><button id="refresh">Refresh the tokens</button></form>` +
        `<form method="post" action="/sign-out"><button id="sign-out">Sign out</button></form></div></div>` +
        `<section><h2>ID token</h2><div class="panel flush" id="id-token">${show(claims)}</div></section>` +
        `<section><h2>User info</h2><div class="panel flush" id="user-info">${show(browser.userInfo)}</div></section>`,
    );
    delete browser.notice;
  }

  private async signIn(response: ServerResponse, browser: Browser): Promise<void> {
    const configuration = await this.discovered();
    browser.verifier = oidc.randomPKCECodeVerifier();
    browser.state = oidc.randomState();
    redirect(
      response,
      oidc.buildAuthorizationUrl(configuration, {
        redirect_uri: `${this.running!.demo}/callback`,
        scope: "openid offline_access https://authgear.com/scopes/full-userinfo",
        code_challenge: await oidc.calculatePKCECodeChallenge(browser.verifier),
        code_challenge_method: "S256",
        state: browser.state,
      }).href,
    );
  }

  private async callback(response: ServerResponse, browser: Browser, url: URL): Promise<void> {
    if (browser.verifier === undefined || browser.state === undefined) return redirect(response, "/");
    const configuration = await this.discovered();
    const { verifier, state } = browser;
    delete browser.verifier;
    delete browser.state;
    browser.tokens = await oidc.authorizationCodeGrant(configuration, url, { pkceCodeVerifier: verifier, expectedState: state });
    browser.refreshToken = browser.tokens.refresh_token;
    await this.fetchUserInfo(configuration, browser);
    redirect(response, "/");
  }

  private async refresh(response: ServerResponse, browser: Browser): Promise<void> {
    const configuration = await this.discovered();
    if (browser.refreshToken !== undefined) {
      browser.tokens = await oidc.refreshTokenGrant(configuration, browser.refreshToken);
      browser.refreshToken = browser.tokens.refresh_token ?? browser.refreshToken; // a new one only with rotation
      browser.notice = "The tokens were refreshed.";
      await this.fetchUserInfo(configuration, browser);
    }
    redirect(response, "/");
  }

  private async signOut(response: ServerResponse, browser: Browser): Promise<void> {
    const configuration = await this.discovered();
    const hint = browser.tokens?.id_token;
    const refreshToken = browser.refreshToken;
    delete browser.tokens;
    delete browser.refreshToken;
    delete browser.userInfo;
    if (refreshToken !== undefined) await oidc.tokenRevocation(configuration, refreshToken);
    redirect(
      response,
      oidc.buildEndSessionUrl(configuration, {
        post_logout_redirect_uri: `${this.running!.demo}/`,
        ...(hint === undefined ? {} : { id_token_hint: hint }),
      }).href,
    );
  }

  private async fetchUserInfo(configuration: oidc.Configuration, browser: Browser): Promise<void> {
    const subject = browser.tokens!.claims()!.sub;
    browser.userInfo = await oidc.fetchUserInfo(configuration, browser.tokens!.access_token, subject);
  }

  private fail(response: ServerResponse, error: unknown): void {
    const facts = error instanceof Error ? { name: error.name, message: error.message, ...("error" in error ? { error: error.error } : {}) } : error;
    sendPage(
      response,
      place,
      "That did not work",
      `<header><h1>That did not work</h1></header><div class="panel flush" id="error">${show(facts)}</div><section><a href="/">Go to the start</a></section>`,
      502,
    );
  }
}
