import { Skeleton, SkeletonRows } from '#app/ui/skeleton.tsx';

export default function Loading() {
  return (
    <div className="px-4 sm:px-6">
      <div className="flex h-14 items-center justify-between">
        <Skeleton className="h-5 w-40" />
        <Skeleton className="h-8 w-28 rounded-md" />
      </div>
      <div className="pt-2">
        <SkeletonRows rows={6} />
      </div>
    </div>
  );
}
