'use client';
import { useState } from 'react';

export function Counter() {
  const [count, setCount] = useState(0);
  return (
    <button type="button" onClick={() => setCount(count + 1)}>
      {count === 0 ? 'Is it alive? Press' : `Pressed ${count} ${count === 1 ? 'time' : 'times'}`}
    </button>
  );
}
