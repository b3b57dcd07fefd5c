// An SMTP receiver that accepts every message and a page that shows them. Messages live in memory, the newest 200.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import { simpleParser, type ParsedMail } from "mailparser";
import { SMTPServer } from "smtp-server";

import { escapeHtml, sendJson, sendPage } from "./page.ts";

interface Message {
  id: number;
  receivedAt: string;
  from: string;
  to: string[];
  subject: string;
  text: string;
  html: string;
  messageId: string;
}

const place = "Development inbox";
const kept = 200;
const codeIn = /\b(\d{6})\b/;

export class Inbox {
  private messages: Message[] = [];
  private next = 1;

  private servers: { close(): unknown }[] = [];

  close(): void {
    for (const server of this.servers) server.close();
  }

  listen(port: number): Promise<number> {
    const server = createServer((request, response) => this.answer(request, response));
    this.servers.push(server);
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
    });
  }

  receive(port: number): Promise<number> {
    const server = new SMTPServer({
      authOptional: true,
      allowInsecureAuth: true,
      onAuth: (_auth, _session, done) => done(null, { user: "anybody" }),
      disabledCommands: ["STARTTLS"],
      disableReverseLookup: true, // a machine without DNS would wait for it at every message
      onData: (stream, session, done) => {
        simpleParser(stream).then(
          (mail) => {
            this.keep(mail, session.envelope.rcptTo.map((recipient) => recipient.address));
            done();
          },
          (error: Error) => done(error),
        );
      },
    });
    this.servers.push(server);
    return new Promise((resolve, reject) => {
      server.on("error", reject); // after that: of one connection, whose other end will try again
      const listening = server.listen(port, "127.0.0.1", () => resolve((listening.address() as AddressInfo).port));
    });
  }

  private keep(mail: ParsedMail, to: string[]): void {
    this.messages.unshift({
      id: this.next++,
      receivedAt: new Date().toISOString(),
      from: mail.from?.text ?? "",
      to,
      subject: mail.subject ?? "",
      text: mail.text ?? "",
      html: mail.html || "",
      messageId: mail.messageId ?? "",
    });
    this.messages.length = Math.min(this.messages.length, kept);
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const path = (request.url ?? "/").split("?")[0]!;
    const message = this.messages.find(({ id }) => path === `/messages/${id}` || path === `/messages/${id}/html`);
    if (path === "/") return this.list(response);
    if (path === "/messages.json") return sendJson(response, this.messages);
    if (message && path.endsWith("/html")) return this.showHtml(response, message);
    if (message) return this.show(response, message);
    sendPage(response, place, "Not found", `<header><h1>There is no such message</h1></header><p><a href="/">All messages</a></p>`, 404);
  }

  private list(response: ServerResponse): void {
    const items = this.messages
      .map(
        (m) =>
          `<li><a href="/messages/${m.id}"><span><strong>${escapeHtml(m.subject)}</strong>` +
          `<span class="muted small">To ${escapeHtml(m.to.join(", "))}</span></span>` +
          `<time class="muted small" datetime="${m.receivedAt}">${m.receivedAt.slice(11, 19)} UTC</time></a></li>`,
      )
      .join("");
    const list = items
      ? `<div class="panel flush"><ul class="mails">${items}</ul></div>`
      : `<div class="panel"><p>Nothing yet. Every email that Gatehouse sends arrives here, whomever it is for.</p></div>`;
    sendPage(response, place, "Inbox", `<header><h1>Inbox</h1><a href="/">Refresh</a></header>${list}`);
  }

  private show(response: ServerResponse, m: Message): void {
    const code = codeIn.exec(m.text)?.[1];
    sendPage(
      response,
      place,
      m.subject,
      `<header><h1>${escapeHtml(m.subject)}</h1><a href="/">All messages</a></header><div class="panel"><dl>` +
        `<dt>From</dt><dd>${escapeHtml(m.from)}</dd><dt>To</dt><dd>${escapeHtml(m.to.join(", "))}</dd>` +
        `<dt>Received</dt><dd><time datetime="${m.receivedAt}">${m.receivedAt.slice(0, 19).replace("T", " ")} UTC</time></dd></dl></div>` +
        (code ? `<div class="panel"><h2>Code</h2><p class="code" id="code">${code}</p></div>` : "") +
        (m.html
          ? `<section><h2>As HTML</h2><div class="panel flush"><iframe sandbox title="The message as HTML" src="/messages/${m.id}/html"></iframe></div></section>`
          : "") +
        `<section><h2>As text</h2><div class="panel flush"><pre>${escapeHtml(m.text)}</pre></div></section>`,
    );
  }

  private showHtml(response: ServerResponse, m: Message): void {
    response.writeHead(200, {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:",
    });
    response.end(m.html);
  }
}
