import { SkeletonRows } from '#app/ui/skeleton.tsx';

export default function Loading() {
  return (
    <div className="px-4 pt-5 sm:px-6">
      <SkeletonRows rows={7} />
    </div>
  );
}
