import { SettingsHeader } from '#app/_features/settings/settings-header.tsx';

export default function SettingsLayout({ children }: LayoutProps<'/[org]/settings'>) {
  return (
    <>
      <SettingsHeader />
      {children}
    </>
  );
}
