import type { FilesPlace } from '../config/index.ts';
import { createDiskStore } from './disk/disk.ts';
import { createS3Store } from './s3/s3.ts';
import type { Store } from './store.ts';

/** The store that the configuration asks for; `folder` is where files on this machine lie. */
export const createStore = (place: FilesPlace, folder: string): Store =>
  place.kind === 's3' ? createS3Store(place) : createDiskStore(folder);
