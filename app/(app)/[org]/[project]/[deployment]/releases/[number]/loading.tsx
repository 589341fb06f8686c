import { Skeleton, SkeletonRows } from '#app/ui/skeleton.tsx';

export default function Loading() {
  return (
    <div className="px-4 sm:px-6">
      <div className="flex h-14 items-center gap-3">
        <Skeleton className="h-5 w-64" />
        <Skeleton className="ml-auto h-8 w-20 rounded-md" />
      </div>
      <Skeleton className="mt-2 mb-6 h-4 w-96 max-w-full" />
      <SkeletonRows rows={8} />
    </div>
  );
}
