import { open } from 'node:fs/promises';

/** A rename is on the disk only when its folder is; Windows has no way to ask for that. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
