// Mail goes out over TLS to a real SMTP server, waits while that is away, and is sent once whatever dies in between.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { SMTPServer } from "smtp-server";

import { beginSignUp } from "../support/account.ts";
import { Application } from "../support/application.ts";
import { Gatehouse } from "../support/gatehouse.ts";
import { freePort } from "../support/server_process.ts";
import { eventually, sql } from "../support/servers.ts";

interface Received {
  to: string;
  secure: boolean;
  user: string;
}

let gatehouse: Gatehouse;
let application: Application;
let folder: string;
let port: number;
let receiver: SMTPServer | undefined;
const received: Received[] = [];

const db = (text: string, values: unknown[] = []) => sql(gatehouse.addresses.database_url, text, values);
const to = (email: string) => received.filter((one) => one.to === email);
const owed = () => db("SELECT last_error FROM _gatehouse_outbox WHERE kind = 'mail'");
// What was put off is due now; what is being sent is left alone (a claim lasts two minutes).
const hurry = () => db("UPDATE _gatehouse_outbox SET available_at = now() WHERE kind = 'mail' AND last_error IS NOT NULL AND available_at < now() + interval '90 seconds'");

async function receive(implicitTls: boolean, name = "known", take: (text: string, done: () => void) => void = (_text, done) => done()): Promise<void> {
  const [key, cert] = await Promise.all([readFile(join(folder, `${name}-key.pem`)), readFile(join(folder, `${name}.pem`))]);
  const users = new Map<string, string>();
  receiver = new SMTPServer({
    secure: implicitTls,
    key,
    cert,
    onAuth(auth, session, done) {
      users.set(session.id, auth.username!);
      done(null, { user: auth.username });
    },
    onData(stream, session, done) {
      const parts: Buffer[] = [];
      stream.on("data", (part: Buffer) => parts.push(part));
      stream.on("end", () => {
        for (const { address } of session.envelope.rcptTo) received.push({ to: address, secure: session.secure, user: users.get(session.id)! });
        take(Buffer.concat(parts).toString(), done);
      });
    },
  });
  receiver.on("error", () => {}); // a sender that speaks the other mode
  await new Promise<void>((resolve) => receiver!.listen(port, "127.0.0.1", resolve));
}

const closeReceiver = () => new Promise<void>((resolve) => (receiver ? receiver.close(() => resolve()) : resolve()));

async function arrives(email: string): Promise<void> {
  await eventually(`the message to ${email} arrives`, async () => {
    await hurry();
    return to(email).length > 0;
  });
  await eventually("nothing is owed any more", async () => (await owed()).length === 0);
}

const owe = (email: string) => beginSignUp(application, email);

async function useReceiver(mode: "normal" | "ssl"): Promise<void> {
  const path = join(gatehouse.addresses.data, "project/authgear.secrets.yaml");
  const text = await readFile(path, "utf8");
  await writeFile(path, text.replace(/(host: )\S+(\n\s+port: )\d+(\n\s+mode: )\S+/, `$1localhost$2${port}$3${mode}`));
}

function makeCertificate(name: string): void {
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", join(folder, `${name}-key.pem`)];
  const subject = ["-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
  execFileSync("openssl", ["req", "-x509", ...key, ...subject, "-out", join(folder, `${name}.pem`)], { stdio: "ignore" });
}

async function startAgain(): Promise<void> {
  gatehouse = await Gatehouse.start({ data: gatehouse.addresses.data, environment: { GATEHOUSE_EGRESS_CA_FILE: join(folder, "known.pem") } });
}

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "gatehouse-mail-"));
  makeCertificate("known");
  port = await freePort();
  gatehouse = await Gatehouse.start();
  await useReceiver("normal");
  await gatehouse.stop({ keepData: true });
  await startAgain();
  application = await Application.discover(gatehouse.addresses);
});
after(async () => {
  await gatehouse.stop();
  await closeReceiver();
  await rm(folder, { recursive: true, force: true });
});

test("a message goes out over STARTTLS, signed in, once, and the audit log knows", async () => {
  await receive(false);
  await owe("starttls@example.com");
  await arrives("starttls@example.com");
  assert.deepEqual(to("starttls@example.com"), [{ to: "starttls@example.com", secure: true, user: "development" }]);
  const find = () =>
    sql<{ data: { payload: Record<string, unknown> } }>(gatehouse.addresses.audit_database_url, "SELECT data FROM _audit_log WHERE activity_type = 'email.sent' AND data->'payload'->>'recipient' = 'starttls@example.com'");
  await eventually("the audit log has it", async () => (await find()).length > 0);
  const rows = await find();
  assert.equal(rows.length, 1);
  assert.deepEqual(Object.keys(rows[0]!.data.payload).sort(), ["recipient", "sender", "type"]);
});

test("a message waits while the mail server is away and arrives after it is back", async () => {
  await closeReceiver();
  await owe("patient@example.com");
  await eventually("it was tried", async () => (await owed()).some(({ last_error }) => last_error !== null));
  assert.equal(to("patient@example.com").length, 0);
  await receive(false);
  await arrives("patient@example.com");
  assert.equal(to("patient@example.com").length, 1);
});

test("kill -9 between the commit and the delivery: the next process delivers it, once", async () => {
  await closeReceiver();
  await owe("survivor@example.com");
  await eventually("it was tried", async () => (await owed()).some(({ last_error }) => last_error !== null));
  gatehouse.signal("SIGKILL");
  await gatehouse.exited();
  await useReceiver("ssl");
  await receive(true);
  await startAgain();
  await arrives("survivor@example.com");
  assert.equal(to("survivor@example.com").length, 1);
});

test("kill -9 after the mail server has taken a message: it comes again, the same to the byte, and is told once", async () => {
  await closeReceiver();
  const taken: string[] = [];
  let answer: (() => void) | undefined;
  await receive(true, "known", (text, done) => {
    taken.push(text);
    if (taken.length === 1) answer = done; // the first is never answered: its sender dies meanwhile
    else done();
  });
  await owe("twice@example.com");
  await eventually("the server has the message", async () => taken.length === 1);
  gatehouse.signal("SIGKILL");
  await gatehouse.exited();
  answer!();
  await startAgain();
  assert.equal((await owed()).length, 1, "it is still owed");
  await db("UPDATE _gatehouse_outbox SET available_at = now() WHERE kind = 'mail'"); // as when the claim has run out
  await eventually("it comes again", async () => taken.length === 2);
  await eventually("nothing is owed any more", async () => (await owed()).length === 0);
  assert.equal(taken[1], taken[0], "a reader can tell the repeat");
  assert.match(taken[0]!, /^Message-ID: /im);
  const told = () => sql(gatehouse.addresses.audit_database_url, "SELECT 1 FROM _audit_log WHERE activity_type = 'email.sent' AND data->'payload'->>'recipient' = 'twice@example.com'");
  await eventually("the audit log has it", async () => (await told()).length > 0);
  assert.equal((await told()).length, 1);
  await closeReceiver();
  await receive(true);
});

test("a message goes out over SMTPS", async () => {
  await owe("smtps@example.com");
  await arrives("smtps@example.com");
  assert.deepEqual(to("smtps@example.com"), [{ to: "smtps@example.com", secure: true, user: "development" }]);
});

test("a server with a certificate that nobody vouches for gets no message", async () => {
  await closeReceiver();
  makeCertificate("stranger");
  await receive(true, "stranger");
  await owe("private@example.com");
  await eventually("it was refused", async () => (await owed()).some(({ last_error }) => last_error !== null));
  assert.equal(to("private@example.com").length, 0);
});
