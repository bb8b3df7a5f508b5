export function Kbd({ children }: { children: string }) {
  return (
    <kbd className="inline-flex h-5 min-w-5 items-center justify-center rounded border bg-sunken px-1 font-sans text-[0.6875rem] text-ink-soft">
      {children}
    </kbd>
  );
}
