// The inbox of development stays up whatever is sent to it: if it ended, everything would.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { after, before, test } from "node:test";

import { Inbox } from "../../dev/inbox.ts";

const inbox = new Inbox();
let page: number;
let smtp: number;
before(async () => {
  page = await inbox.listen(0);
  smtp = await inbox.receive(0);
});
after(() => inbox.close());

const opened = async (port: number): Promise<Socket> => {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  return socket;
};

test("a path that is no address gets the page for what is not there", async () => {
  for (const path of ["//", "http://[", "/%zz", "/messages/x", "*"]) {
    const socket = await opened(page);
    socket.write(`GET ${path} HTTP/1.1\r\nHost: inbox\r\nConnection: close\r\n\r\n`);
    const [answer] = (await once(socket, "data")) as [Buffer];
    assert.match(answer.toString(), /^HTTP\/1\.1 404 /, path);
    socket.destroy();
  }
  assert.equal((await fetch(`http://127.0.0.1:${page}/`)).status, 200);
});

test("senders that break off leave the receiver up for the next one", async () => {
  for (let i = 0; i < 3; i++) {
    const socket = await opened(smtp);
    await once(socket, "data");
    socket.write("EHLO sender\r\nMAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.com>\r\nDATA\r\n");
    await once(socket, "data");
    socket.write("Subject: half");
    socket.resetAndDestroy();
  }
  const socket = await opened(smtp);
  const [greeting] = (await once(socket, "data")) as [Buffer];
  assert.match(greeting.toString(), /^220 /);
  socket.destroy();
});
