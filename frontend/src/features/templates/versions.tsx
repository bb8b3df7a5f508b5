"use client";

import { $api, PAGED, type Schemas } from "@/api/client";
import { useMay } from "@/session/me";
import { Button } from "@/ui/button";
import { SidePanel } from "@/ui/dialog";
import { Loaded } from "@/ui/states";
import { Rest } from "@/ui/table";
import { Ago } from "@/ui/time";

type Template = Schemas["TemplateOut"];
type Props = { template: Template; onClose: () => void; onTake: (version: Template) => void };

/** What a template said before; older words can be taken into the editor, and are saved as the next version. */
export function Versions({ template, onClose, onTake }: Props) {
  const may = useMay("sending");
  const versions = $api.useInfiniteQuery(
    "get",
    "/v1/templates/{template_id}/versions",
    { params: { path: { template_id: template.id }, query: {} } },
    PAGED,
  );
  return (
    <SidePanel
      open
      onClose={onClose}
      title="Versions"
      description="Campaigns keep the version that they were made with."
    >
      <Loaded query={versions}>
        {({ pages }) => (
          <ol>
            {pages
              .flatMap((page) => page.items)
              .map((one) => (
                <li key={one.version} className="border-b py-4 first:border-t">
                  <div className="mb-2 flex flex-wrap items-center justify-between gap-3">
                    <h3 className="font-medium">
                      Version {one.version}{" "}
                      <span className="font-normal text-ink-faint">
                        <Ago at={one.created_at} />
                      </span>
                    </h3>
                    {one.version === template.version ? (
                      <span className="text-ink-faint">The newest</span>
                    ) : (
                      may && (
                        <Button
                          size="sm"
                          onClick={() => {
                            onTake(one);
                            onClose();
                          }}
                        >
                          Take these words
                        </Button>
                      )
                    )}
                  </div>
                  <p className="font-medium break-words">{one.subject}</p>
                  <p className="mt-1 line-clamp-6 break-words whitespace-pre-wrap text-ink-soft">{one.text_body}</p>
                </li>
              ))}
          </ol>
        )}
      </Loaded>
      <Rest more={versions} />
    </SidePanel>
  );
}
