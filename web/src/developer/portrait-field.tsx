// Whose face the presenters show: the portrait that comes with the page, or a picture of the developer's choice, so
// that two people can be told apart.

import { type ChangeEvent, useEffect, useRef, useState } from 'react';
import { choosePortrait, chosenName, dropPortrait } from '../presenters/portrait.ts';
import { developerTexts as words } from './texts.ts';

type Standing = 'idle' | 'looking' | 'refused';

export function PortraitField() {
  const input = useRef<HTMLInputElement>(null);
  const [name, setName] = useState<string>();
  const [standing, setStanding] = useState<Standing>('idle');
  useEffect(() => {
    chosenName().then(setName, () => undefined);
  }, []);

  async function choose(event: ChangeEvent<HTMLInputElement>): Promise<void> {
    const [file] = event.target.files ?? [];
    // The same file can be chosen again after it was dropped.
    event.target.value = '';
    if (file === undefined) return;
    setStanding('looking');
    const taken = await choosePortrait(file).catch(() => false);
    setStanding(taken ? 'idle' : 'refused');
    if (taken) setName(file.name);
  }

  async function drop(): Promise<void> {
    await dropPortrait();
    setStanding('idle');
    setName(undefined);
  }

  return (
    <div className="developer-field">
      <label htmlFor="developer-portrait">{words.portrait}</label>
      <p role="status">{standing === 'looking' ? words.portraitLooking : (name ?? words.portraitBundled)}</p>
      <div className="developer-row">
        <input
          id="developer-portrait"
          className="developer-file"
          type="file"
          accept="image/jpeg,image/png"
          ref={input}
          onChange={(event) => void choose(event)}
        />
        <button type="button" className="button" onClick={() => input.current?.click()}>
          {words.portraitChoose}
        </button>
        {name !== undefined && (
          <button type="button" className="button" onClick={() => void drop()}>
            {words.portraitBack}
          </button>
        )}
      </div>
      <p className="error" role="alert">
        {standing === 'refused' ? words.portraitRefused : ''}
      </p>
      <small>{words.portraitHint}</small>
    </div>
  );
}
