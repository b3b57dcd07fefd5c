// The look of the development pages: one column, system type, both themes.
import type { ServerResponse } from "node:http";

export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

const style = `
:root { color-scheme: light dark; --ink: light-dark(#121b1c, #e8eeee); --muted: light-dark(#536162, #a1afaf);
  --canvas: light-dark(#f3f6f6, #0d1314); --surface: light-dark(#fff, #151d1e); --line: light-dark(#dfe6e6, #283334);
  --accent: light-dark(#0b5f5b, #7fd0c9); --on-accent: light-dark(#fff, #06201e); }
* { box-sizing: border-box; }
body { margin: 0; background: var(--canvas); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 720px; margin: 0 auto; padding: 48px 16px; }
header { display: flex; justify-content: space-between; align-items: baseline; gap: 16px; flex-wrap: wrap; margin-bottom: 24px; }
h1 { font-size: 28px; letter-spacing: -.02em; margin: 0; line-height: 1.2; }
h2 { font-size: 16px; margin: 32px 0 8px; }
p { max-width: 65ch; margin: 0 0 16px; } .muted { color: var(--muted); }
a { color: var(--accent); }
.panel { background: var(--surface); border: 1px solid var(--line); border-radius: 12px; padding: 24px; }
.panel + .panel { margin-top: 16px; }
pre { margin: 0; padding: 16px; background: var(--canvas); border-radius: 9px; overflow: auto; font: 13px/1.6 ui-monospace, monospace; }
.actions { display: flex; gap: 12px; flex-wrap: wrap; }
button, .button { font: 500 16px/1 system-ui, sans-serif; min-height: 48px; padding: 0 20px; border-radius: 9px; cursor: pointer;
  border: 1px solid var(--line); background: var(--surface); color: var(--ink); text-decoration: none; display: inline-flex; align-items: center; }
.primary { background: var(--accent); color: var(--on-accent); border-color: transparent; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.mails { list-style: none; margin: 0; padding: 0; } .mails li + li { border-top: 1px solid var(--line); }
.mails a { display: block; padding: 12px 0; text-decoration: none; color: inherit; } .mails strong { display: block; }
.code { font: 600 28px/1 ui-monospace, monospace; letter-spacing: .08em; }
iframe { width: 100%; height: 480px; border: 1px solid var(--line); border-radius: 9px; background: #fff; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 4px 16px; margin: 0; } dt { color: var(--muted); } dd { margin: 0; overflow-wrap: anywhere; }
`;

export function sendPage(response: ServerResponse, title: string, body: string, status = 200): void {
  response.writeHead(status, {
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; img-src 'self' data:; frame-ancestors 'self'",
  });
  response.end(
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">` +
      `<title>${escapeHtml(title)}</title><style>${style}</style></head><body><main>${body}</main></body></html>`,
  );
}

export function sendJson(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store" });
  response.end(JSON.stringify(value));
}

export function redirect(response: ServerResponse, location: string): void {
  response.writeHead(303, { location, "cache-control": "no-store" });
  response.end();
}
