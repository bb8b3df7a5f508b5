import { isErased } from "@/lib/address";

/** A mail address that breaks behind its @ before it breaks anywhere else; of somebody who was erased, only that. */
export function Address({ of }: { of: string }) {
  if (isErased(of)) return <span className="text-ink-faint">Somebody erased</span>;
  const at = of.lastIndexOf("@") + 1;
  return (
    <span className="wrap-anywhere">
      {of.slice(0, at)}
      <wbr />
      {of.slice(at)}
    </span>
  );
}
