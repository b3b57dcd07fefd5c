// Reads the development inbox as a person would.
export interface Mail {
  id: number;
  from: string;
  to: string[];
  subject: string;
  text: string;
  html: string;
  messageId: string;
}

export async function mails(inbox: string, to?: string): Promise<Mail[]> {
  const all = (await (await fetch(`${inbox}/messages.json`)).json()) as Mail[];
  return to === undefined ? all : all.filter((mail) => mail.to.includes(to));
}

// The newest message to an address, waiting for it to arrive.
export async function newestMail(inbox: string, to: string, { after = 0, withinMs = 10_000 } = {}): Promise<Mail> {
  const until = Date.now() + withinMs;
  for (;;) {
    const mail = (await mails(inbox, to)).find(({ id }) => id > after);
    if (mail) return mail;
    if (Date.now() > until) throw new Error(`no mail to ${to} within ${withinMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

export async function newestCode(inbox: string, to: string, options: { after?: number } = {}): Promise<string> {
  const mail = await newestMail(inbox, to, options);
  const code = /\b(\d{6})\b/.exec(mail.text)?.[1];
  if (code === undefined) throw new Error(`no code in: ${mail.text}`);
  return code;
}
