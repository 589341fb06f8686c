'use client';
import { Box } from 'lucide-react';
import { useState } from 'react';
import { imageProblem } from '#app/_features/new-project/view.ts';
import { Button } from '#app/ui/button.tsx';
import { Field, Input } from '#app/ui/field.tsx';

interface Props {
  isChosen: boolean;
  /** What the server says about it. */
  error: string | null;
  onChoose: (image: string) => void;
}

/** A finished image. Writing one chooses it; what is wrong with it is said when the field is left. */
export function ImageChoice({ isChosen, error, onChoose }: Props) {
  const [image, setImage] = useState('');
  const [isLeft, setLeft] = useState(false);
  const problem = isChosen && isLeft && image.trim() !== '' ? imageProblem(image) : null;
  return (
    <Field
      label="Image"
      hint="Nothing is built. With its digest, so that what runs is what was named"
      error={error ?? problem}
    >
      {(control) => (
        <div className="flex gap-2">
          <div className="relative min-w-0 flex-1">
            <Box
              aria-hidden
              className="pointer-events-none absolute top-1/2 left-2.5 size-4 -translate-y-1/2 stroke-[1.75] text-faint"
            />
            <Input
              {...control}
              value={image}
              onChange={(event) => {
                setImage(event.target.value);
                onChoose(event.target.value);
              }}
              onFocus={() => setLeft(false)}
              onBlur={() => setLeft(true)}
              placeholder="ghcr.io/acme/shop@sha256:…"
              className="mono pl-8"
            />
          </div>
          {!isChosen && image.trim() !== '' ? <Button onClick={() => onChoose(image)}>Use it</Button> : null}
        </div>
      )}
    </Field>
  );
}
