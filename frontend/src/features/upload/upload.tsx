"use client";

import dynamic from "next/dynamic";
import { useSearchParams } from "next/navigation";
import { useIdParam } from "@/lib/use-id-param";
import { ButtonLink } from "@/ui/button";
import { PageHeader } from "@/ui/page";
import { Failure, SkeletonRows } from "@/ui/states";
import { ChooseFile } from "./choose-file";
import { Steps } from "./steps";
import { useTransfer } from "./transfers";
import { useUpload } from "./use-upload";

const loading = () => <SkeletonRows />;
const Receiving = dynamic(() => import("./receiving").then((m) => m.Receiving), { loading });
const Reading = dynamic(() => import("./reading").then((m) => m.Reading), { loading });
const Refused = dynamic(() => import("./refused").then((m) => m.Refused), { loading });
const Columns = dynamic(() => import("./columns").then((m) => m.Columns), { loading });
const Review = dynamic(() => import("./review").then((m) => m.Review), { loading });

/** From a file to a job, in three steps. The address says which file and which step, so that a reload goes on. */
export function Upload() {
  const id = useIdParam();
  return id === null ? <ChooseFile /> : <OneUpload key={id} id={id} />;
}

function OneUpload({ id }: { id: string }) {
  const review = useSearchParams().get("step") === "review";
  const transfer = useTransfer(id);
  const query = useUpload(id, transfer?.state === "done");
  const { refetch, data: upload } = query;
  if (upload === undefined) {
    return (
      <>
        <PageHeader title={transfer?.name ?? "New job"}>
          <Steps now="file" />
        </PageHeader>
        {query.error ? <Failure error={query.error} retry={() => void refetch()} /> : <SkeletonRows />}
        {query.error && (
          <ButtonLink href="/upload" className="mt-4">
            Choose another file
          </ButtonLink>
        )}
      </>
    );
  }
  if (upload.state === "receiving") return <Receiving upload={upload} />;
  if (upload.state === "refused") return <Refused upload={upload} />;
  if (upload.state === "reading") return <Reading upload={upload} />;
  return review ? <Review upload={upload} /> : <Columns upload={upload} />;
}
