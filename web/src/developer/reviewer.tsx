// Who reviews, in local mode: there is nobody to sign in, so a name is typed in. Two names are two reviewers.

import { type FormEvent, useState } from 'react';
import { changeLocalReviewer, localReviewer } from '../identity.ts';
import { developerTexts as words } from './texts.ts';

export function ReviewerField() {
  const [name, setName] = useState(localReviewer);
  function use(event: FormEvent): void {
    event.preventDefault();
    const chosen = name.trim();
    if (chosen === '') return;
    changeLocalReviewer(chosen);
    // What is on the screen was shown to somebody else.
    window.location.reload();
  }
  return (
    <form className="review-reviewer" onSubmit={use}>
      <label htmlFor="reviewer">{words.reviewer}</label>
      <input id="reviewer" value={name} maxLength={64} autoComplete="off" onChange={(event) => setName(event.target.value)} />
      <button type="submit" className="button">
        {words.reviewerChange}
      </button>
    </form>
  );
}
