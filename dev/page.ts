// The look of the development pages: one column, system type, both themes.
import type { ServerResponse } from "node:http";

export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

const style = `
:root { color-scheme: light dark; --ink: light-dark(#121b1c, #e8eeee); --muted: light-dark(#536162, #a1afaf);
  --canvas: light-dark(#f3f6f6, #0d1314); --surface: light-dark(#fff, #151d1e); --sunken: light-dark(#f8fafa, #111819);
  --line: light-dark(#dfe6e6, #283334); --hair: light-dark(#c5d0d0, #3b494a); --accent: light-dark(#0b5f5b, #84cdc7);
  --on-accent: light-dark(#fff, #000); --good: light-dark(#1a6a3d, #77cf98); --good-soft: light-dark(#ecf6ef, #13291c);
  --mono: ui-monospace, "SF Mono", "Cascadia Mono", "Noto Sans Mono", "DejaVu Sans Mono", monospace; }
* { box-sizing: border-box; }
body { margin: 0; background: var(--canvas); color: var(--ink);
  font: 16px/1.5 -apple-system, BlinkMacSystemFont, "Segoe UI", Roboto, Inter, "Noto Sans", sans-serif; }
main { max-width: 760px; margin: 0 auto; padding: 40px 16px 64px; }
.brand { display: flex; align-items: center; gap: 12px; margin: 0 0 40px; font-weight: 600; color: inherit; text-decoration: none; }
.brand svg { color: var(--accent); }
header { display: flex; justify-content: space-between; align-items: baseline; gap: 8px 16px; flex-wrap: wrap; margin-bottom: 24px; }
h1 { font-size: 28px; font-weight: 600; letter-spacing: -.022em; margin: 0; line-height: 1.2; overflow-wrap: anywhere; text-wrap: balance; }
h2 { font-size: 14px; font-weight: 600; margin: 0; }
section { margin-top: 32px; } section > h2 { margin-bottom: 8px; }
p { max-width: 65ch; margin: 0; text-wrap: pretty; overflow-wrap: anywhere; } p + p, p + form, p + .actions { margin-top: 16px; }
.muted { color: var(--muted); } .small { font-size: 14px; }
a { color: var(--accent); text-decoration-thickness: 1px; text-underline-offset: .2em; } a:hover { text-decoration-thickness: 2px; }
.panel { background: var(--surface); border: 1px solid var(--line); border-radius: 12px; padding: 24px; }
.panel + .panel, .panel + .muted, .notice + .panel { margin-top: 16px; }
.panel.flush { padding: 0; overflow: hidden; }
.notice { background: var(--good-soft); color: var(--good); border-radius: 9px; padding: 12px 16px; }
pre { margin: 0; padding: 20px 24px; overflow: auto; font: 13px/1.6 var(--mono); white-space: pre-wrap; overflow-wrap: anywhere; }
pre.json { word-break: break-all; } pre b { font-weight: 400; color: var(--accent); }
.actions { display: flex; gap: 12px; flex-wrap: wrap; }
button { font: inherit; font-weight: 500; min-height: 48px; padding: 0 20px; border-radius: 9px; cursor: pointer;
  border: 1px solid var(--hair); background: var(--surface); color: var(--ink); }
button:hover { background: color-mix(in srgb, var(--ink) 5%, var(--surface)); }
.primary, .primary:hover { background: var(--accent); color: var(--on-accent); border-color: transparent; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 5px; } button:focus-visible { border-radius: 9px; }
.mails { list-style: none; margin: 0; padding: 0; } .mails li + li { border-top: 1px solid var(--line); }
.mails a { display: flex; gap: 4px 16px; justify-content: space-between; flex-wrap: wrap; padding: 16px 24px; text-decoration: none; color: inherit; }
.mails a:hover { background: var(--sunken); } .mails a:focus-visible { outline-offset: -3px; }
.mails strong { display: block; font-weight: 600; overflow-wrap: anywhere; }
.mails time { font-variant-numeric: tabular-nums; }
.code { font: 600 32px/1.25 var(--mono); letter-spacing: .12em; user-select: all; }
iframe { display: block; width: 100%; height: 520px; border: 0; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 4px 24px; margin: 0; font-size: 14px; }
dt { color: var(--muted); } dd { margin: 0; overflow-wrap: anywhere; }
`;

const mark =
  `<svg width="28" height="28" viewBox="0 0 28 28" aria-hidden="true"><path fill="currentColor" ` +
  `d="M2 27V14a12 12 0 0 1 24 0v13h-4V14a8 8 0 0 0-16 0v13zM9 27V14a5 5 0 0 1 10 0v13z"/></svg>`;

// `place`: whose page it is, at its head.
export function sendPage(response: ServerResponse, place: string, title: string, body: string, status = 200): void {
  response.writeHead(status, {
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; img-src 'self' data:; frame-ancestors 'self'",
  });
  response.end(
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">` +
      `<link rel="icon" href="data:,"><title>${escapeHtml(title)}</title><style>${style}</style></head>` +
      `<body><main><a class="brand" href="/">${mark}${escapeHtml(place)}</a>${body}</main></body></html>`,
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
