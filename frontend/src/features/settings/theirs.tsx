import { Button } from "@/ui/button";
import { Notice } from "@/ui/states";

/** Said above a form whose settings somebody else has saved meanwhile. */
export function Theirs({ onShow }: { onShow: () => void }) {
  return (
    <Notice
      tone="warn"
      title="Somebody else has changed this meanwhile"
      action={
        <Button size="sm" onClick={onShow}>
          Show theirs
        </Button>
      }
    >
      Yours is not saved. Look at theirs, then change what still needs it.
    </Notice>
  );
}
