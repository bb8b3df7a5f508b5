"use client";

import { useState } from "react";
import type { Schemas } from "@/api/client";
import { Choices } from "@/ui/field";
import { ProblemNotice } from "./problem-notice";

type Mail = Pick<Schemas["PreviewOut"], "subject" | "text" | "html" | "problems">;

/** A mail as its reader sees it, and everything that speaks against sending it. Its HTML can run nothing. */
export function MailView({ mail, onMend }: { mail: Mail; onMend?: (from: string, to: string) => void }) {
  const [part, setPart] = useState<"html" | "text">("html");
  const html = part === "html" && mail.html !== null;
  return (
    <div className="flex flex-col gap-3">
      {mail.problems.map(({ code, detail }) => (
        <ProblemNotice key={`${code} ${detail}`} detail={detail} onMend={onMend} />
      ))}
      {mail.subject !== null && (
        <div className="overflow-hidden rounded-lg border bg-surface">
          <div className="flex items-start justify-between gap-3 border-b px-4 py-2.5">
            <div className="min-w-0">
              <span className="sr-only">Subject: </span>
              <span className="font-medium break-words">{mail.subject}</span>
            </div>
            {mail.html !== null && (
              <Choices
                label="Which part"
                value={part}
                onChange={setPart}
                options={[
                  { value: "html", label: "HTML" },
                  { value: "text", label: "Plain text" },
                ]}
              />
            )}
          </div>
          {html ? (
            <iframe title="The mail" sandbox="" srcDoc={page(mail.html ?? "")} className="h-96 w-full bg-white" />
          ) : (
            <div className="px-4 py-3 break-words whitespace-pre-wrap">{mail.text}</div>
          )}
        </div>
      )}
    </div>
  );
}

/** Mail programs show black on white, in a plain face, unless the mail says otherwise. */
function page(html: string): string {
  return `<!doctype html><body style="margin:16px;font:15px/1.5 system-ui,sans-serif;color:#111;background:#fff">${html}`;
}
