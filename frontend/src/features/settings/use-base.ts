"use client";

import { useState } from "react";

/**
 * What a form began with, while news keep arriving. `etag` is the one to save over: the newest for as long as nothing in the
 * form has changed, else the one that was begun with, which is then refused. `changed`: somebody else has saved something else.
 */
export function useBase(said: unknown, etag: string | undefined) {
  const now = JSON.stringify(said);
  const [base, setBase] = useState({ said: now, etag });
  const changed = base.said !== now;
  return {
    etag: changed ? base.etag : etag,
    changed,
    adopt: (saved: unknown) => setBase({ said: JSON.stringify(saved), etag }),
  };
}
