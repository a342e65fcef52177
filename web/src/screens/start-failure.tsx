// Shown instead of the flow when it cannot even begin: no configuration, or a browser without the means.

import { texts } from '../texts.ts';
import { ReloadAction } from './boundary.tsx';
import { Frame } from './frame.tsx';
import { Page } from './page.tsx';

export function StartFailure({ unsupported = false }: { readonly unsupported?: boolean }) {
  const { title, body } = unsupported ? texts.unsupported : texts.unconfigured;
  return (
    <Page>
      <Frame title={title} icon={unsupported ? 'phone' : 'cloud'} tone="careful">
        <p className="lead">{body}</p>
        {!unsupported && <ReloadAction />}
      </Frame>
    </Page>
  );
}
