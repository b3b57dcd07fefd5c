// An application (relying party) that uses npm's openid-client, on Gatehouse's development clients.
import * as oidc from "openid-client";

import type { Addresses } from "./gatehouse.ts";

export interface AuthorizationRequest {
  url: URL;
  state: string;
  nonce: string;
  verifier: string;
}

export class Application {
  readonly configuration: oidc.Configuration;
  readonly clientId: string;
  readonly redirectUri: string;
  readonly postLogoutRedirectUri: string;

  private constructor(configuration: oidc.Configuration, clientId: string, demo: string) {
    this.configuration = configuration;
    this.clientId = clientId;
    this.redirectUri = `${demo}/callback`;
    this.postLogoutRedirectUri = `${demo}/`;
  }

  static async discover(at: Addresses, kind: "public" | "confidential" = "public"): Promise<Application> {
    const confidential = kind === "confidential";
    const id = confidential ? at.confidential_client_id : at.public_client_id;
    const configuration = await oidc.discovery(
      new URL(at.endpoint),
      id,
      undefined,
      confidential ? oidc.ClientSecretBasic(at.confidential_client_secret) : oidc.None(),
      { execute: [oidc.allowInsecureRequests] },
    );
    return new Application(configuration, id, at.demo);
  }

  async authorizationRequest(extra: Record<string, string> = {}): Promise<AuthorizationRequest> {
    const verifier = oidc.randomPKCECodeVerifier();
    const state = oidc.randomState();
    const nonce = oidc.randomNonce();
    const url = oidc.buildAuthorizationUrl(this.configuration, {
      redirect_uri: this.redirectUri,
      scope: "openid offline_access",
      code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
      code_challenge_method: "S256",
      state,
      nonce,
      ...extra,
    });
    return { url, state, nonce, verifier };
  }

  exchange(callback: URL, request: AuthorizationRequest) {
    return oidc.authorizationCodeGrant(this.configuration, callback, {
      pkceCodeVerifier: request.verifier,
      expectedState: request.state,
      expectedNonce: request.nonce,
    });
  }
}
