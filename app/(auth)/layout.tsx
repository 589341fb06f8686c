import { Logo } from '#app/ui/logo.tsx';

export default function AuthLayout({ children }: LayoutProps<'/'>) {
  return (
    <main className="flex min-h-dvh flex-col items-center bg-surface px-4 pt-[14vh] pb-16">
      <div className="w-full max-w-90">
        <Logo className="mb-6 size-9" />
        {children}
      </div>
    </main>
  );
}
