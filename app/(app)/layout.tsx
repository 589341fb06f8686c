import { ApiProvider } from '#app/_lib/trpc-client.tsx';

export default function AppLayout({ children }: LayoutProps<'/'>) {
  return <ApiProvider>{children}</ApiProvider>;
}
