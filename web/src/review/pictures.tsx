// Pictures side by side. Their links are good for a minute, so they are fetched at once; one that
// came too late says so, and a new look brings a new link.

import { useState } from 'react';
import type { Picture } from './answers.ts';
import { reviewTexts as words } from './texts.ts';

interface PicturesProps {
  readonly pictures: readonly Picture[];
  readonly large: boolean;
}

export function Pictures({ pictures, large }: PicturesProps) {
  if (pictures.length === 0) return <p className="quiet">{words.case.noPictures}</p>;
  const audits = pictures.filter(({ kind }) => kind === 'audit');
  const tile = (picture: Picture) => <Tile key={`${picture.kind}-${picture.sha256}`} picture={picture} name={nameOf(picture, audits)} />;
  // Two to compare, and a strip of those taken along the way; larger, they are all of one size.
  if (large) return <div className="pictures pictures-large">{pictures.map(tile)}</div>;
  return (
    <>
      <div className="pictures">{pictures.filter(({ kind }) => kind !== 'audit').map(tile)}</div>
      {audits.length > 0 && <div className="pictures pictures-strip">{audits.map(tile)}</div>}
    </>
  );
}

function Tile({ picture, name }: { readonly picture: Picture; readonly name: string }) {
  const [failed, setFailed] = useState<string | undefined>(undefined);
  const { url } = picture;
  const missing = url === undefined ? words.case.notKept : failed === url ? words.case.linkOver : undefined;
  return (
    <figure className={`picture picture-${picture.kind}`}>
      {missing === undefined ? (
        <img src={url} alt={name} referrerPolicy="no-referrer" decoding="async" onError={() => setFailed(url)} />
      ) : (
        <p className="picture-missing">{missing}</p>
      )}
      <figcaption>
        {name} <span className="mono">{words.case.digest(picture.sha256)}</span>
      </figcaption>
    </figure>
  );
}

function nameOf(picture: Picture, audits: readonly Picture[]): string {
  const kind = words.case.kinds[picture.kind];
  return picture.kind === 'audit' && audits.length > 1 ? words.case.numbered(kind, audits.indexOf(picture) + 1) : kind;
}
