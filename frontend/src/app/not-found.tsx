import { ButtonLink } from "@/ui/button";
import { Mark } from "@/ui/mark";

export const metadata = { title: "Not found" };

export default function NotFound() {
  return (
    <main className="flex min-h-dvh flex-col items-center justify-center gap-3 px-6 text-center">
      <Mark className="mb-2 size-8" />
      <h1 className="text-xl font-semibold">There is no such page</h1>
      <p className="text-ink-soft">It may have moved, or the address was cut short.</p>
      <ButtonLink href="/" look="primary" className="mt-2">
        Go to your home page
      </ButtonLink>
    </main>
  );
}
