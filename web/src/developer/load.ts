// The developer menu of local mode. Everything of it is loaded from here, dynamically: a deployed page fetches
// none of it, and no presenter can be switched on there.

import type { ComponentType } from 'react';

export interface Developer {
  readonly Menu: ComponentType<{ onStartOver: () => void; checked: string | undefined }>;
  /** The policy chosen in the menu; undefined leaves the choice to the configuration. */
  readonly policy: () => string | undefined;
}

export async function loadDeveloper(): Promise<Developer> {
  const [{ DeveloperMenu }, { readSettings }, { installCamera }] = await Promise.all([
    import('./menu.tsx'),
    import('./settings.ts'),
    import('../presenters/camera.ts'),
  ]);
  // Installed before the detector can ask for a camera; the setting is read whenever one is asked for.
  installCamera(() => readSettings(window.localStorage).camera);
  return { Menu: DeveloperMenu, policy: () => readSettings(window.localStorage).policy };
}
