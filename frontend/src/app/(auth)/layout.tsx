import type { ReactNode } from "react";
import { Mark } from "@/ui/mark";

export default function Layout({ children }: { children: ReactNode }) {
  return (
    <main className="flex min-h-dvh flex-col items-center px-6 pt-[14vh] pb-16">
      <div className="w-full max-w-sm">
        <div className="mb-8 flex items-center gap-2.5">
          <Mark className="size-7" />
          <span className="text-lg font-semibold tracking-[-0.012em]">Corofy</span>
        </div>
        {children}
      </div>
    </main>
  );
}
