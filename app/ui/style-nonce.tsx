'use client';
import { setNonce } from 'get-nonce';

/** Dialogs add a style element of their own; the content security policy wants the nonce on it. */
export function StyleNonce({ nonce }: { nonce: string }) {
  if (typeof window !== 'undefined') setNonce(nonce);
  return null;
}
