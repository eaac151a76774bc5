/** A table of the computer or the phone: read as it is, the server says what is wrong with it. */
import type { PickedFile } from '../types';

const TABLES = '.xlsx,.csv,.xls,.xlsm,application/vnd.openxmlformats-officedocument.spreadsheetml.sheet,text/csv';

export async function pickTable(): Promise<PickedFile | undefined> {
  const file = await new Promise<File | undefined>((resolve) => {
    const input = Object.assign(document.createElement('input'), { type: 'file', accept: TABLES });
    input.onchange = () => { resolve(input.files?.[0]); };
    input.addEventListener('cancel', () => { resolve(undefined); });
    input.click();
  });
  return file ? { name: file.name, bytes: await file.arrayBuffer() } : undefined;
}
