// What `gatehouse dev` starts beside the server: a demo application that signs people in, and an inbox that keeps every email.
// It takes {"demo_port","inbox_port"} in GATEHOUSE_DEV, prints one line of JSON with the ports it listens on, and begins to
// serve the demo when it reads one line of JSON with the addresses of the running server from standard input.
import { once } from "node:events";
import { createInterface } from "node:readline";

import { Demo } from "./demo.ts";
import { Inbox } from "./inbox.ts";

interface Wanted {
  demo_port: number;
  inbox_port: number;
}

export interface Running {
  issuer: string;
  demo: string;
  inbox: string;
  client_id: string;
}

const wanted = JSON.parse(process.env["GATEHOUSE_DEV"] ?? '{"demo_port":0,"inbox_port":0}') as Wanted;

const demo = new Demo();
const inbox = new Inbox();
const ports = {
  demo_port: await demo.listen(wanted.demo_port),
  inbox_port: await inbox.listen(wanted.inbox_port),
  smtp_port: await inbox.receive(0),
};
console.log(JSON.stringify(ports));

const lines = createInterface({ input: process.stdin });
const [line] = (await once(lines, "line")) as [string];
demo.serve(JSON.parse(line) as Running);

// Standard input ends when the parent is gone.
await once(lines, "close");
process.exit(0);
