/** What no page may do, whatever is tested on it: complain in the console, break the content policy, ask anybody else. */
import type { Page } from '@playwright/test';

/** Chromium reports every answer of 400 and more as an error of its own; which answers come is what the tests are about. */
const NETWORK = /^Failed to load resource/;
/** A socket cut by the test: the browser says so, and the page recovers. */
const SOCKET = /^WebSocket connection to/;

/** Starts watching; the list fills as things go wrong. */
export function watch(page: Page, home: string): string[] {
  const { host } = new URL(home);
  const faults: string[] = [];
  page.on('pageerror', (problem) => { faults.push(`error: ${problem.message}`); });
  page.on('console', (message) => {
    const text = message.text();
    const loud = message.type() === 'error' || /\[Vue warn\]|Content Security Policy/.test(text);
    if (loud && !NETWORK.test(text) && !SOCKET.test(text)) faults.push(`console: ${text}`);
  });
  const asked = (address: string): void => {
    const url = new URL(address);
    if (!['data:', 'blob:'].includes(url.protocol) && url.host !== host) faults.push(`foreign request: ${address}`);
  };
  page.on('request', (request) => { asked(request.url()); });
  page.on('websocket', (socket) => { asked(socket.url()); });
  return faults;
}
