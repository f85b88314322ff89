import type { PermissionName } from './manifest.ts';
import type { Text } from './text.ts';

/** The fixed sections of the menu. */
export type MenuSection =
  | 'overview'
  | 'audience'
  | 'attribution'
  | 'growth'
  | 'connectors'
  | 'partners'
  | 'governance'
  | 'operations';

/** A page of the plugin in the admin. */
export interface PageDeclaration {
  readonly id: string;
  readonly title: Text;
  readonly path: `/${string}`;
  readonly section: MenuSection;
  readonly permission?: PermissionName;
}

/** A tile of the plugin on a dashboard. */
export interface WidgetDeclaration {
  readonly id: string;
  readonly title: Text;
  readonly permission?: PermissionName;
}

/** What the plugin shows in the admin. */
export interface UserInterface {
  /** The built entry, relative to the package. */
  readonly entry: string;
  readonly pages?: readonly PageDeclaration[];
  readonly widgets?: readonly WidgetDeclaration[];
}
