"use client";

import { useSearchParams } from "next/navigation";
import { $api } from "@/api/client";
import { useIdParam } from "@/lib/use-id-param";
import { ButtonLink } from "@/ui/button";
import { PageHeader } from "@/ui/page";
import { Empty, Loaded, SkeletonRows } from "@/ui/states";
import { Editor } from "./editor";

const BACK = { href: "/templates", label: "Templates" };

/** The editor of a template, or of a new one where the address names none. */
export function Template() {
  const id = useIdParam();
  const named = useSearchParams().has("id");
  if (id !== null) return <Saved key={id} id={id} />;
  if (!named) return <Editor key="new" saved={null} />;
  return (
    <>
      <PageHeader title="Template" back={BACK} />
      <Empty title="There is no such template" action={<ButtonLink href="/templates">See all templates</ButtonLink>}>
        Not all of the address came along.
      </Empty>
    </>
  );
}

function Saved({ id }: { id: string }) {
  const template = $api.useQuery("get", "/v1/templates/{template_id}", { params: { path: { template_id: id } } });
  const skeleton = (
    <>
      <PageHeader title={<span className="text-ink-faint">Template</span>} back={BACK} />
      <SkeletonRows />
    </>
  );
  return (
    <Loaded query={template} skeleton={skeleton}>
      {(saved) => <Editor saved={saved} />}
    </Loaded>
  );
}
