// Shown instead of the flow when it cannot even begin: no configuration, a browser without the means, a link that is over.

import { texts } from '../texts.ts';
import { ReloadAction } from './boundary.tsx';
import { Frame } from './frame.tsx';
import { Page } from './page.tsx';

const ICONS = { unconfigured: 'cloud', unsupported: 'phone', linkSpent: 'clock' } as const;

export function StartFailure({ why = 'unconfigured' }: { readonly why?: keyof typeof ICONS }) {
  const { title, body } = texts[why];
  return (
    <Page>
      <Frame title={title} icon={ICONS[why]} tone="careful">
        <p className="lead">{body}</p>
        {why === 'unconfigured' && <ReloadAction />}
      </Frame>
    </Page>
  );
}
