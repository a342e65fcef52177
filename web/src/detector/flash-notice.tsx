// The photosensitivity warning on the detector's start screen, which it shows only when colours will flash. It
// replaces the component's own, whose details hide behind an unlabelled icon.

import { Icon } from '../screens/icon.tsx';
import { texts } from '../texts.ts';

export function FlashNotice() {
  return (
    <div className="notice" role="note">
      <Icon glyph="light" tone="careful" />
      <div>
        <h2>{texts.ready.flashTitle}</h2>
        <p>{texts.ready.flash}</p>
      </div>
    </div>
  );
}
