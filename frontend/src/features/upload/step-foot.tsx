import type { ReactNode } from "react";

/** What a step ends with: always in view, the way on to the right. */
export function StepFoot({ children }: { children: ReactNode }) {
  return (
    <div className="sticky bottom-0 z-20 -mx-4 flex flex-wrap items-center justify-between gap-2 border-t bg-ground/95 px-4 py-3 backdrop-blur sm:-mx-8 sm:px-8">
      {children}
    </div>
  );
}
