import type { Page } from '@playwright/test';
import { test } from '@playwright/test';
export async function keep(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: test.info().outputPath(`${name}.png`) });
}
