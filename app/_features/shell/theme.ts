export const themes = ['system', 'light', 'dark'] as const;
export type Theme = (typeof themes)[number];
export const themeFrom = (value: string | undefined): Theme => themes.find((theme) => theme === value) ?? 'system';

/** Told of on `window` when the theme changes. */
export const themeEvent = 'slipway:theme';
/** Sets the theme at once and for the next visit; the server writes it into the page from the cookie. */
export function setTheme(theme: Theme): void {
  const root = document.documentElement;
  if (theme === 'system') delete root.dataset['theme'];
  else root.dataset['theme'] = theme;
  document.cookie = `theme=${theme}; path=/; max-age=31536000; samesite=lax`;
  window.dispatchEvent(new Event(themeEvent));
}
