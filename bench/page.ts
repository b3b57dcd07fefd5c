// What the login page costs a browser that comes for the first time.
import { launch, newContext, weigh } from "../test/support/browser.ts";

// Bytes and requests, styles and script included.
export async function loginPageWeight(origin: string): Promise<{ bytes: number; requests: number }> {
  const browser = await launch();
  try {
    const page = await (await newContext(browser)).newPage();
    await page.goto(`${origin}/healthz`); // an address of this origin, so that others would be seen
    const { bytes, requests } = await weigh(page, () => page.goto(`${origin}/login`));
    return { bytes, requests: requests.length };
  } finally {
    await browser.close();
  }
}
