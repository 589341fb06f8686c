import './globals.css';
import type { Metadata, Viewport } from 'next';
import { cookies, headers } from 'next/headers';
import { themeFrom } from '#app/_features/shell/theme.ts';
import { ClockProvider } from '#app/ui/clock.tsx';
import { StyleNonce } from '#app/ui/style-nonce.tsx';

export const metadata: Metadata = { title: { default: 'Slipway', template: '%s · Slipway' }, robots: { index: false } };
export const viewport: Viewport = {
  width: 'device-width',
  initialScale: 1,
  viewportFit: 'cover',
  themeColor: [
    { media: '(prefers-color-scheme: light)', color: '#ffffff' },
    { media: '(prefers-color-scheme: dark)', color: '#131418' },
  ],
};

/** The time of this request, for the page's clock. */
const requestTime = async (): Promise<number> => {
  await headers();
  return Date.now();
};

export default async function RootLayout({ children }: LayoutProps<'/'>) {
  const nonce = (await headers()).get('x-nonce') ?? '';
  const theme = themeFrom((await cookies()).get('theme')?.value);
  return (
    <html lang="en" {...(theme === 'system' ? {} : { 'data-theme': theme })} suppressHydrationWarning>
      <body>
        <StyleNonce nonce={nonce} />
        <ClockProvider now={await requestTime()}>{children}</ClockProvider>
      </body>
    </html>
  );
}
