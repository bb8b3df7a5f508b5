"use client";

import { Download } from "lucide-react";
import { useState } from "react";
import { download } from "@/api/client";
import { asProblem } from "@/api/problem";
import { Button } from "@/ui/button";
import { Section } from "@/ui/page";
import { toast } from "@/ui/toast";

/** Everything that the workspace has, as one archive. */
export function ExportWorkspace() {
  const [saving, setSaving] = useState(false);
  const save = async () => {
    setSaving(true);
    await download("/v1/workspace/export").catch((error: unknown) => toast.problem(asProblem(error)));
    setSaving(false);
  };
  return (
    <Section
      title="Take everything along"
      description="A ZIP of all jobs, results, lists, campaigns, mails, the ledger and the files you uploaded. Passwords and keys are in none."
      actions={
        <Button icon={<Download aria-hidden />} busy={saving} onClick={() => void save()}>
          {saving ? "It is being written" : "Export the workspace"}
        </Button>
      }
    />
  );
}
