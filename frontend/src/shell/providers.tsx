"use client";

import { CSPProvider } from "@base-ui/react/csp-provider";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { ThemeProvider } from "next-themes";
import { type ReactNode, useState } from "react";
import { asProblem } from "@/api/problem";
import { Toasts } from "@/ui/toasts";

/** What could not be reached, or was busy, is asked for again twice; what was refused is not. */
function again(failures: number, error: unknown): boolean {
  const { status } = asProblem(error);
  return failures < 2 && (status === 0 || status >= 500);
}

export function Providers({ children }: { children: ReactNode }) {
  const [queries] = useState(
    () =>
      new QueryClient({
        defaultOptions: { queries: { retry: again, staleTime: 10_000 }, mutations: { retry: false } },
      }),
  );
  return (
    <CSPProvider disableStyleElements>
      <ThemeProvider attribute="class" defaultTheme="system" enableSystem>
        <QueryClientProvider client={queries}>
          {children}
          <Toasts />
        </QueryClientProvider>
      </ThemeProvider>
    </CSPProvider>
  );
}
