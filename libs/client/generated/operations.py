"""Made by `python -m libs.client.generate` from services/gateway/public_api.json: change that, not this."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from libs.client.asking import Asking
from libs.client.download import Download
from libs.client.generated import models
from libs.client.request import Call, Content, new_key, segment
from libs.client.sse import Event


class Operations(Asking):
    """Every operation of the API. All raise ApiError and Unreachable."""

    async def get_auth_well_known_json_jwks(self) -> dict[str, Any]:
        """The public keys that tokens are signed with: none, as they are signed with a secret. Ask `/auth/v1/user`."""
        return await self._object(Call("GET", "/auth/v1/.well-known/jwks.json"))

    async def get_auth_health(self) -> dict[str, Any]:
        """It is there."""
        return await self._object(Call("GET", "/auth/v1/health"))

    async def post_auth_logout(self, *, scope: Literal["global", "local", "others"] | None = None) -> None:
        """End all sessions, this one, or the others. Their access tokens are refused at once."""
        await self._nothing(Call("POST", "/auth/v1/logout", query={"scope": scope}))

    async def post_auth_recover(self, body: models.RecoverRequest | Mapping[str, Any]) -> dict[str, Any]:
        """Mail a link that lets its reader in, to choose a new password. The answer is the same for an address nobody has."""
        return await self._object(Call("POST", "/auth/v1/recover", body=body))

    async def post_auth_resend(self, body: models.ResendRequest | Mapping[str, Any]) -> dict[str, Any]:
        """Mail the confirmation of a sign-up once more. The answer is the same for an address nobody has."""
        return await self._object(Call("POST", "/auth/v1/resend", body=body))

    async def get_auth_settings(self) -> dict[str, Any]:
        """How people may sign in."""
        return await self._object(Call("GET", "/auth/v1/settings"))

    async def post_auth_sign_up(self, body: models.SignUpRequest | Mapping[str, Any]) -> models.UserBody:
        """Make a user, who then signs in. A known address gets the same answer, and nothing happens to its account."""
        return await self._model(models.UserBody, Call("POST", "/auth/v1/signup", body=body))

    async def post_auth_token(
        self, body: models.GrantRequest | Mapping[str, Any], *, grant_type: str | None = None
    ) -> models.SessionBody:
        """Sign in (`grant_type=password`), or go on with a session (`grant_type=refresh_token`)."""
        return await self._model(
            models.SessionBody, Call("POST", "/auth/v1/token", query={"grant_type": grant_type}, body=body)
        )

    async def get_auth_user(self) -> models.UserBody:
        """Who is signed in."""
        return await self._model(models.UserBody, Call("GET", "/auth/v1/user"))

    async def put_auth_user(self, body: models.UserChange | Mapping[str, Any]) -> models.UserBody:
        """Change the password, which ends all other sessions, or what you say of yourself."""
        return await self._model(models.UserBody, Call("PUT", "/auth/v1/user", body=body))

    async def get_auth_verify(
        self, *, token: str, type: Literal["recovery", "signup", "email"], redirect_to: str | None = None
    ) -> str:
        """The same for who follows a link: to a page of the web app, with the session, or what was wrong, behind the `#`."""
        return await self._location(
            Call("GET", "/auth/v1/verify", query={"token": token, "type": type, "redirect_to": redirect_to})
        )

    async def post_auth_verify(self, body: models.VerifyRequest | Mapping[str, Any]) -> models.SessionBody:
        """Sign in with what was mailed. It serves once."""
        return await self._model(models.SessionBody, Call("POST", "/auth/v1/verify", body=body))

    async def list_api_keys(self, *, cursor: UUID | str | None = None, limit: int | None = None) -> models.KeyPage:
        """Your keys of this workspace, newest first; owners and admins see everybody's."""
        return await self._model(models.KeyPage, Call("GET", "/v1/api-keys", query={"cursor": cursor, "limit": limit}))

    async def post_api_key(
        self, body: models.NewKey | Mapping[str, Any], *, idempotency_key: str | None = None
    ) -> models.MadeKeyOut:
        """Make a key, to be sent as `Authorization: Bearer cfy_…`. It is shown now and never again.

        Repeated with its Idempotency-Key it answers with the same key's resource and `key: null`: a secret is kept nowhere, so
        that one whose answer was lost is to be revoked.

        403 `scope_exceeds_role`; 422 `expiry_passed`; 409 `too_many_keys`, `idempotency_key_reused`.
        """
        return await self._model(
            models.MadeKeyOut, Call("POST", "/v1/api-keys", body=body, key=idempotency_key or new_key())
        )

    async def delete_api_key(self, key_id: UUID | str) -> None:
        """Revoke a key, from its next request on: your own, or anybody's as owner or admin. 404 `key_not_found`."""
        await self._nothing(Call("DELETE", f"/v1/api-keys/{segment(key_id)}"))

    async def list_audit(
        self,
        *,
        cursor: UUID | str | None = None,
        limit: int | None = None,
        user_id: UUID | str | None = None,
        key_id: UUID | str | None = None,
        operation: str | None = None,
        outcome: Literal["done", "refused", "failed", "unknown"] | None = None,
        subject: str | None = None,
        from_: datetime | None = None,
        to: datetime | None = None,
    ) -> models.AuditPage:
        """What was changed, or tried, newest first (owners and admins): never what a request held."""
        return await self._model(
            models.AuditPage,
            Call(
                "GET",
                "/v1/audit",
                query={
                    "cursor": cursor,
                    "limit": limit,
                    "user_id": user_id,
                    "key_id": key_id,
                    "operation": operation,
                    "outcome": outcome,
                    "subject": subject,
                    "from": from_,
                    "to": to,
                },
            ),
        )

    def download_audit_csv(
        self,
        *,
        user_id: UUID | str | None = None,
        key_id: UUID | str | None = None,
        operation: str | None = None,
        outcome: Literal["done", "refused", "failed", "unknown"] | None = None,
        subject: str | None = None,
        from_: datetime | None = None,
        to: datetime | None = None,
    ) -> Download:
        """All entries that fit the filters, newest first, as CSV (owners and admins)."""
        return self._file(
            Call(
                "GET",
                "/v1/audit.csv",
                query={
                    "user_id": user_id,
                    "key_id": key_id,
                    "operation": operation,
                    "outcome": outcome,
                    "subject": subject,
                    "from": from_,
                    "to": to,
                },
            )
        )

    async def show_billing(self) -> models.BillingAnswer:
        """The workspace's plan, what may be done about it, and what it allows."""
        return await self._model(models.BillingAnswer, Call("GET", "/v1/billing"))

    async def get_billing_alerts(self) -> models.AlertsAnswer:
        """The balances below which the workspace is told, by event and by mail. It has an `ETag`."""
        return await self._model(models.AlertsAnswer, Call("GET", "/v1/billing/alerts"))

    async def put_billing_alerts(
        self, body: models.AlertsBody | Mapping[str, Any], *, if_match: str | None = None
    ) -> models.AlertsAnswer:
        """Set them all (owners and admins). 422 `too_many_thresholds` above ten; 412 `settings_changed` when `If-Match` is no
        longer their ETag.
        """
        return await self._model(
            models.AlertsAnswer, Call("PUT", "/v1/billing/alerts", body=body, headers={"If-Match": if_match})
        )

    async def get_billing_auto_top_up(self) -> models.AutoTopUpAnswer:
        """When credits are bought by themselves, and what that has cost this month. It has an `ETag`."""
        return await self._model(models.AutoTopUpAnswer, Call("GET", "/v1/billing/auto-top-up"))

    async def put_billing_auto_top_up(
        self, body: models.AutoTopUpBody | Mapping[str, Any], *, if_match: str | None = None
    ) -> models.AutoTopUpAnswer:
        """Turn it on, also again after a failure (owners and admins). It pays with the payment method saved at Stripe.

        422 `pack_unknown`, `pack_not_sold`, `maximum_too_low`; 409 `self_hosted` where nothing is sold; 412
        `settings_changed` when `If-Match` is no longer its ETag.
        """
        return await self._model(
            models.AutoTopUpAnswer, Call("PUT", "/v1/billing/auto-top-up", body=body, headers={"If-Match": if_match})
        )

    async def delete_billing_auto_top_up(self) -> None:
        """Buy nothing by itself any more (owners and admins). What is being paid at this moment still brings its credits."""
        await self._nothing(Call("DELETE", "/v1/billing/auto-top-up"))

    async def get_billing_caps(self) -> models.CapsAnswer:
        """How many credits may be set aside in a day, a month, and for one member in a month; and how many have been. It has
        an `ETag`.
        """
        return await self._model(models.CapsAnswer, Call("GET", "/v1/billing/caps"))

    async def put_billing_caps(
        self, body: models.CapsBody | Mapping[str, Any], *, if_match: str | None = None
    ) -> models.CapsAnswer:
        """Set all the caps (owners and admins). What is set aside already stays; from now on holds and raises fit into them.

        412 `settings_changed` when `If-Match` is no longer their ETag.
        """
        return await self._model(
            models.CapsAnswer, Call("PUT", "/v1/billing/caps", body=body, headers={"If-Match": if_match})
        )

    async def list_billing_caps_of_members(
        self, *, cursor: UUID | str | None = None, limit: int | None = None
    ) -> models.MemberCapsAnswer:
        """The members who have a cap of their own (owners and admins), with what each has spent this month."""
        return await self._model(
            models.MemberCapsAnswer, Call("GET", "/v1/billing/caps/members", query={"cursor": cursor, "limit": limit})
        )

    async def put_billing_cap_of_member(
        self, user_id: UUID | str, body: models.MemberCapBody | Mapping[str, Any]
    ) -> models.MemberCapAnswer:
        """Set a member's own cap (owners and admins), which holds in place of `per_member`, higher or lower. null: this member is
        without a cap. The workspace's own caps hold for everyone. 409 `too_many_member_caps` beyond 1,000.
        """
        return await self._model(
            models.MemberCapAnswer, Call("PUT", f"/v1/billing/caps/members/{segment(user_id)}", body=body)
        )

    async def delete_billing_cap_of_member(self, user_id: UUID | str) -> None:
        """Take a member's own cap away (owners and admins): `per_member` holds again. Repeated, it changes nothing."""
        await self._nothing(Call("DELETE", f"/v1/billing/caps/members/{segment(user_id)}"))

    async def start_billing_checkout(
        self, body: models.CheckoutBody | Mapping[str, Any], *, idempotency_key: str | None = None
    ) -> models.CheckoutAnswer:
        """Go and buy (owners and admins). `Idempotency-Key` is required: the same key answers with the same page."""
        return await self._model(
            models.CheckoutAnswer, Call("POST", "/v1/billing/checkout", body=body, key=idempotency_key or new_key())
        )

    async def list_billing_invoices(
        self, *, cursor: str | None = None, limit: int | None = None
    ) -> models.InvoicesAnswer:
        """The workspace's invoices, the last issued first, each with the credits that it brought."""
        return await self._model(
            models.InvoicesAnswer, Call("GET", "/v1/billing/invoices", query={"cursor": cursor, "limit": limit})
        )

    async def get_billing_notices(self) -> models.NoticesAnswer:
        """What needs attention now: a low balance, debts, a failed payment, a plan that ends, automatic top-up that is off."""
        return await self._model(models.NoticesAnswer, Call("GET", "/v1/billing/notices"))

    async def list_billing_plans(self) -> models.PlansAnswer:
        """Plans and packs with their prices, as Stripe says. Operators also see what is not offered, and why."""
        return await self._model(models.PlansAnswer, Call("GET", "/v1/billing/plans"))

    async def start_billing_portal(self, *, idempotency_key: str | None = None) -> models.PortalAnswer:
        """Go and see invoices, or change what is paid with (owners and admins). 409 `idempotency_key_reused`.

        The link opens the portal for whoever has it, so that it is kept nowhere: Stripe is asked for the same one.
        """
        return await self._model(
            models.PortalAnswer, Call("POST", "/v1/billing/portal", key=idempotency_key or new_key())
        )

    async def reconcile_stripe_billing(self) -> models.ReconciledAnswer:
        """Read what has changed at Stripe since the last time, and apply what was missed (operators). It happens hourly anyway."""
        return await self._model(models.ReconciledAnswer, Call("POST", "/v1/billing/reconcile"))

    async def refund_invoice_billing(
        self, body: models.InvoiceRefundBody | Mapping[str, Any], *, idempotency_key: str | None = None
    ) -> models.InvoiceRefundAnswer:
        """Give money of an invoice back (operators). `Idempotency-Key` is required: the same key refunds once."""
        return await self._model(
            models.InvoiceRefundAnswer, Call("POST", "/v1/billing/refunds", body=body, key=idempotency_key or new_key())
        )

    async def list_billing_stripe_events(
        self,
        *,
        state: Literal["stored", "applied", "ignored", "refused"] | None = None,
        cursor: str | None = None,
        limit: int | None = None,
    ) -> models.StripeEventsAnswer:
        """What Stripe has told, and what became of it (operators)."""
        return await self._model(
            models.StripeEventsAnswer,
            Call("GET", "/v1/billing/stripe-events", query={"state": state, "cursor": cursor, "limit": limit}),
        )

    async def dismiss_stripe_event_billing(self, event_id: str, body: models.DismissBody | Mapping[str, Any]) -> None:
        """Look at a refused event no more (operators): it has been settled by hand, or is none of ours."""
        await self._nothing(Call("POST", f"/v1/billing/stripe-events/{segment(event_id)}/dismiss", body=body))

    async def cancel_billing_subscription(self) -> models.BillingAnswer:
        """Let the plan end with what is paid for (owners and admins)."""
        return await self._model(models.BillingAnswer, Call("POST", "/v1/billing/subscription/cancel"))

    async def preview_billing_subscription(
        self, *, plan: Literal["starter", "growth", "scale"], interval: Literal["month", "year"]
    ) -> models.PreviewAnswer:
        """What a switch would cost and bring (owners and admins). Nothing is changed by asking."""
        return await self._model(
            models.PreviewAnswer,
            Call("GET", "/v1/billing/subscription/preview", query={"plan": plan, "interval": interval}),
        )

    async def resume_billing_subscription(self) -> models.BillingAnswer:
        """Let a plan that was to end go on (owners and admins)."""
        return await self._model(models.BillingAnswer, Call("POST", "/v1/billing/subscription/resume"))

    async def switch_billing_subscription(self, body: models.SwitchBody | Mapping[str, Any]) -> models.SwitchAnswer:
        """Switch the plan (owners and admins). A plan that is not lower and not paid more often starts at once and is paid for
        at once, less what is left of the old one; any other starts when what is paid for ends. The plan that one has calls off
        what waits.
        """
        return await self._model(models.SwitchAnswer, Call("POST", "/v1/billing/subscription/switch", body=body))

    async def list_campaigns(
        self, *, cursor: UUID | str | None = None, limit: int | None = None
    ) -> models.CampaignPage:
        """The workspace's campaigns, newest first."""
        return await self._model(
            models.CampaignPage, Call("GET", "/v1/campaigns", query={"cursor": cursor, "limit": limit})
        )

    async def create_campaigns(
        self, body: models.CampaignIn | Mapping[str, Any], *, idempotency_key: str | None = None
    ) -> models.CampaignOut:
        """A draft. 409 list_not_ready, idempotency_key_reused, mailbox_missing, sandboxed_rows (rows made up by the sandbox and a
        real mailbox).
        """
        return await self._model(
            models.CampaignOut, Call("POST", "/v1/campaigns", body=body, key=idempotency_key or new_key())
        )

    async def show_campaign(self, campaign_id: UUID | str) -> models.CampaignOut:
        """One campaign with its counts and today's quota. It has an `ETag`. 404 campaign_not_found."""
        return await self._model(models.CampaignOut, Call("GET", f"/v1/campaigns/{segment(campaign_id)}"))

    async def change_campaign(
        self, campaign_id: UUID | str, body: models.CampaignChange | Mapping[str, Any], *, if_match: str | None = None
    ) -> models.CampaignOut:
        """Give a draft another template, or its own as it is by now. 404 campaign_not_found, template_not_found; 409
        campaign_not_draft; 412 settings_changed when `If-Match` is no longer its ETag; 422 template_invalid,
        unsubscribe_link_missing, postal_address_missing.
        """
        return await self._model(
            models.CampaignOut,
            Call("PATCH", f"/v1/campaigns/{segment(campaign_id)}", body=body, headers={"If-Match": if_match}),
        )

    async def check_campaign(self, campaign_id: UUID | str) -> models.CheckOut:
        """Make every row's mail and say which rows Start would leave out, and why. Nothing is sent, nothing changes.

        `Accept: application/x-ndjson` answers line by line while it works, with every problem: `{"problem": …}`, after each
        page `{"progress": {"rows", "of"}}`, and `{"result": …}` at the end. 404 campaign_not_found; 409 list_deleted; 422
        unsubscribe_link_missing, postal_address_missing where the template cannot be a first mail.
        """
        return await self._model(models.CheckOut, Call("POST", f"/v1/campaigns/{segment(campaign_id)}/check"))

    async def dry_run_campaign(
        self, campaign_id: UUID | str, body: models.DryRunIn | Mapping[str, Any]
    ) -> models.DryRunOut:
        """The whole campaign in seconds, on a clock of its own, with a provider that fails as told. Nothing is stored or sent.

        A draft is run as if it were started now; its mails are not rendered. 404 campaign_not_found.
        """
        return await self._model(
            models.DryRunOut, Call("POST", f"/v1/campaigns/{segment(campaign_id)}/dry-run", body=body)
        )

    async def end_campaign(self, campaign_id: UUID | str) -> models.CampaignOut:
        """Finish it for good: nothing begins after this answer, what was planned is cancelled, and whom it has not written to
        may be written to by others. What a provider that schedules by itself still holds is stopped there. Repeating it changes
        nothing.
        """
        return await self._model(models.CampaignOut, Call("POST", f"/v1/campaigns/{segment(campaign_id)}/end"))

    async def forecast_of_campaign(self, campaign_id: UUID | str, *, days: int | None = None) -> models.ForecastOut:
        """How many of this campaign's mails leave on each day to come, among the others'. A draft counts as started now.

        404 campaign_not_found.
        """
        return await self._model(
            models.ForecastOut, Call("GET", f"/v1/campaigns/{segment(campaign_id)}/forecast", query={"days": days})
        )

    async def list_campaign_leads(
        self,
        campaign_id: UUID | str,
        *,
        state: Literal[
            "waiting",
            "planned",
            "sending",
            "sent",
            "failed",
            "unknown",
            "deferred",
            "suppressed",
            "cancelled",
            "excluded",
            "stopped",
        ]
        | None = None,
        cursor: int | None = None,
        limit: int | None = None,
    ) -> models.LeadPage:
        """The leads of a campaign that was started, in the order of the list, with their zones. 404 campaign_not_found."""
        return await self._model(
            models.LeadPage,
            Call(
                "GET",
                f"/v1/campaigns/{segment(campaign_id)}/leads",
                query={"state": state, "cursor": cursor, "limit": limit},
            ),
        )

    async def set_campaign_lead_line(
        self, campaign_id: UUID | str, lead_id: UUID | str, body: models.SenderLineIn | Mapping[str, Any]
    ) -> models.LineOut:
        """Edit or approve the line of one lead, for this campaign; the list keeps its own. 404 campaign_not_found,
        lead_not_found; 409 campaign_finished, already_sent.
        """
        return await self._model(
            models.LineOut,
            Call("PUT", f"/v1/campaigns/{segment(campaign_id)}/leads/{segment(lead_id)}/line", body=body),
        )

    async def why_lead_campaign(self, campaign_id: UUID | str, lead_id: UUID | str) -> models.LeadWhy:
        """Why a lead has not been written to, in the words of what decides, and the next possible time. 404 lead_not_found."""
        return await self._model(
            models.LeadWhy, Call("GET", f"/v1/campaigns/{segment(campaign_id)}/leads/{segment(lead_id)}/why")
        )

    async def list_campaign_lines(
        self,
        campaign_id: UUID | str,
        *,
        state: Literal["approved", "edited", "open"] | None = None,
        cursor: int | None = None,
        limit: int | None = None,
    ) -> models.LinePage:
        """The lines of the campaign's leads, in the order of its list. 404 campaign_not_found."""
        return await self._model(
            models.LinePage,
            Call(
                "GET",
                f"/v1/campaigns/{segment(campaign_id)}/lines",
                query={"state": state, "cursor": cursor, "limit": limit},
            ),
        )

    async def pause_campaign(self, campaign_id: UUID | str) -> models.CampaignOut:
        """Nothing begins after this answer. What it had not used of today serves the other campaigns."""
        return await self._model(models.CampaignOut, Call("POST", f"/v1/campaigns/{segment(campaign_id)}/pause"))

    async def start_campaign(self, campaign_id: UUID | str) -> models.StartedOut:
        """Render every row's mail, enrol those that can be sent, and plan today. Rows left out are named with the reason.

        A list of more than 2,000 rows is not in yet when this answers: the campaign is `starting`, says how far, and goes on by
        itself; what is left out is in its leads then, and why it came to nothing, if it did, in `start_problem`.

        A paused campaign goes on; an active one stays as it is. 409 nothing_to_send, campaign_finished, zone_not_offered.
        """
        return await self._model(models.StartedOut, Call("POST", f"/v1/campaigns/{segment(campaign_id)}/start"))

    async def test_campaign(
        self, campaign_id: UUID | str, body: models.TestIn | Mapping[str, Any], *, idempotency_key: str | None = None
    ) -> models.TestOut:
        """Send yourself (or `to`) the mail of one row, marked as a test. It is no lead's mail; it counts against the mailbox.

        Answers when the provider has; with the same `Idempotency-Key` it is not sent again. 404 campaign_not_found,
        row_not_found; 409 suppressed, mailbox_paused, sandboxed_rows, idempotency_key_reused; 422 address_required, and as for a
        row's problems; 429 too_many_test_mails, mailbox_tried_too_often.
        """
        return await self._model(
            models.TestOut,
            Call("POST", f"/v1/campaigns/{segment(campaign_id)}/test", body=body, key=idempotency_key or new_key()),
        )

    async def why_campaign(self, campaign_id: UUID | str) -> models.CampaignWhy:
        """What the leads that have not been written to wait for, how many each, and until when. 404 campaign_not_found."""
        return await self._model(models.CampaignWhy, Call("GET", f"/v1/campaigns/{segment(campaign_id)}/why"))

    async def set_campaign_window(
        self, campaign_id: UUID | str, body: models.WindowIn | Mapping[str, Any]
    ) -> models.CampaignOut:
        """Other hours, for a draft or a paused campaign. 409 campaign_active, campaign_finished; 422 window_invalid."""
        return await self._model(
            models.CampaignOut, Call("PUT", f"/v1/campaigns/{segment(campaign_id)}/window", body=body)
        )

    async def get_catalogue(self) -> models.CatalogueOut:
        """All products and rules. The `ETag` is the version; a workspace that never had a catalogue is at version 0."""
        return await self._model(models.CatalogueOut, Call("GET", "/v1/catalogue"))

    async def put_catalogue(
        self,
        body: models.CatalogueModel | Mapping[str, Any],
        *,
        if_match: str | None = None,
        idempotency_key: str | None = None,
    ) -> models.CatalogueOut:
        """Replace everything. `If-Match` is required: 412 `catalogue_changed` when somebody has changed it meanwhile."""
        return await self._model(
            models.CatalogueOut,
            Call("PUT", "/v1/catalogue", body=body, headers={"If-Match": if_match}, key=idempotency_key or new_key()),
        )

    def export_catalogue(self, *, format: Literal["json", "csv"] | None = None) -> Download:
        """Everything as a file that the import takes."""
        return self._file(Call("GET", "/v1/catalogue/export", query={"format": format}))

    async def import_catalogue(
        self,
        body: models.CatalogueModel | Mapping[str, Any] | Content,
        *,
        if_match: str | None = None,
        kind: Literal["application/json", "text/csv"] = "application/json",
        idempotency_key: str | None = None,
    ) -> models.CatalogueOut:
        """Replace everything by a file, `application/json` or `text/csv`. 422 `catalogue_invalid` names every fault."""
        return await self._model(
            models.CatalogueOut,
            Call(
                "POST",
                "/v1/catalogue/import",
                body=body,
                kind=kind,
                headers={"If-Match": if_match},
                key=idempotency_key or new_key(),
            ),
        )

    async def add_catalogue_product(
        self,
        body: models.ProductModel | Mapping[str, Any],
        *,
        if_match: str | None = None,
        idempotency_key: str | None = None,
    ) -> models.CatalogueOut:
        """One more product. With an `Idempotency-Key` a repeated request adds none."""
        return await self._model(
            models.CatalogueOut,
            Call(
                "POST",
                "/v1/catalogue/products",
                body=body,
                headers={"If-Match": if_match},
                key=idempotency_key or new_key(),
            ),
        )

    async def change_catalogue_product(
        self,
        product_id: str,
        body: models.ProductChanges | Mapping[str, Any],
        *,
        if_match: str | None = None,
        idempotency_key: str | None = None,
    ) -> models.CatalogueOut:
        """Some fields of a product."""
        return await self._model(
            models.CatalogueOut,
            Call(
                "PATCH",
                f"/v1/catalogue/products/{segment(product_id)}",
                body=body,
                headers={"If-Match": if_match},
                key=idempotency_key or new_key(),
            ),
        )

    async def remove_catalogue_product(
        self, product_id: str, *, if_match: str | None = None, idempotency_key: str | None = None
    ) -> models.CatalogueOut:
        """409 `product_in_use` while a rule offers it."""
        return await self._model(
            models.CatalogueOut,
            Call(
                "DELETE",
                f"/v1/catalogue/products/{segment(product_id)}",
                headers={"If-Match": if_match},
                key=idempotency_key or new_key(),
            ),
        )

    async def add_catalogue_rule(
        self,
        body: models.NewRule | Mapping[str, Any],
        *,
        if_match: str | None = None,
        idempotency_key: str | None = None,
    ) -> models.CatalogueOut:
        """One more rule, at its place or last. With an `Idempotency-Key` a repeated request adds none."""
        return await self._model(
            models.CatalogueOut,
            Call(
                "POST",
                "/v1/catalogue/rules",
                body=body,
                headers={"If-Match": if_match},
                key=idempotency_key or new_key(),
            ),
        )

    async def reorder_rules_catalogue(
        self,
        body: models.RuleOrder | Mapping[str, Any],
        *,
        if_match: str | None = None,
        idempotency_key: str | None = None,
    ) -> models.CatalogueOut:
        """The order in which rules are tried. Each has to be named once."""
        return await self._model(
            models.CatalogueOut,
            Call(
                "PUT",
                "/v1/catalogue/rules/order",
                body=body,
                headers={"If-Match": if_match},
                key=idempotency_key or new_key(),
            ),
        )

    async def change_catalogue_rule(
        self,
        rule_id: str,
        body: models.RuleChanges | Mapping[str, Any],
        *,
        if_match: str | None = None,
        idempotency_key: str | None = None,
    ) -> models.CatalogueOut:
        """Some fields of a rule; its conditions are given whole."""
        return await self._model(
            models.CatalogueOut,
            Call(
                "PATCH",
                f"/v1/catalogue/rules/{segment(rule_id)}",
                body=body,
                headers={"If-Match": if_match},
                key=idempotency_key or new_key(),
            ),
        )

    async def remove_catalogue_rule(
        self, rule_id: str, *, if_match: str | None = None, idempotency_key: str | None = None
    ) -> models.CatalogueOut:
        """The rules after it are then tried one place earlier."""
        return await self._model(
            models.CatalogueOut,
            Call(
                "DELETE",
                f"/v1/catalogue/rules/{segment(rule_id)}",
                headers={"If-Match": if_match},
                key=idempotency_key or new_key(),
            ),
        )

    async def test_row_catalogue(self, body: models.TraceBody | Mapping[str, Any]) -> models.TraceOut:
        """Which rule decides for a row, and of every rule which condition holds and why. Nothing is saved or charged."""
        return await self._model(models.TraceOut, Call("POST", "/v1/catalogue/test", body=body))

    async def list_catalogue_versions(
        self, *, cursor: int | None = None, limit: int | None = None
    ) -> models.VersionPage:
        """Who changed what and when, newest first."""
        return await self._model(
            models.VersionPage, Call("GET", "/v1/catalogue/versions", query={"cursor": cursor, "limit": limit})
        )

    async def get_catalogue_version(self, version: int) -> models.CatalogueOut:
        """The catalogue as it was."""
        return await self._model(models.CatalogueOut, Call("GET", f"/v1/catalogue/versions/{segment(version)}"))

    async def restore_version_catalogue(
        self, version: int, *, if_match: str | None = None, idempotency_key: str | None = None
    ) -> models.CatalogueOut:
        """Make the catalogue what it was, as a version of its own. Jobs under way keep the version they began with."""
        return await self._model(
            models.CatalogueOut,
            Call(
                "POST",
                f"/v1/catalogue/versions/{segment(version)}/restore",
                headers={"If-Match": if_match},
                key=idempotency_key or new_key(),
            ),
        )

    async def show_credits(self) -> models.CreditsAnswer:
        """The workspace's credits: what there is, what it spent in this period, and what expires within 14 days."""
        return await self._model(models.CreditsAnswer, Call("GET", "/v1/credits"))

    async def adjust_credits_adjustments(
        self, body: models.AdjustmentBody | Mapping[str, Any], *, idempotency_key: str | None = None
    ) -> models.MovementAnswer:
        """Add credits, or take available ones away (operators). The same `Idempotency-Key` answers with the same movement."""
        return await self._model(
            models.MovementAnswer, Call("POST", "/v1/credits/adjustments", body=body, key=idempotency_key or new_key())
        )

    async def list_credits_grants(
        self, *, cursor: UUID | str | None = None, open: bool | None = None, limit: int | None = None
    ) -> models.GrantsAnswer:
        """The workspace's grants, newest first: where the credits of each are now, and when they expire."""
        return await self._model(
            models.GrantsAnswer,
            Call("GET", "/v1/credits/grants", query={"cursor": cursor, "open": open, "limit": limit}),
        )

    async def grant_credits(
        self, body: models.GrantBody | Mapping[str, Any], *, idempotency_key: str | None = None
    ) -> models.GrantAnswer:
        """Give credits (operators). `Idempotency-Key` is required: the same key answers with the same grant, for ever."""
        return await self._model(
            models.GrantAnswer, Call("POST", "/v1/credits/grants", body=body, key=idempotency_key or new_key())
        )

    async def void_grant_credits(
        self, grant_id: UUID | str, body: models.VoidBody | Mapping[str, Any]
    ) -> models.MovementAnswer:
        """End a grant (operators): what is available of it goes. Asked again, it answers with the same movement."""
        return await self._model(
            models.MovementAnswer, Call("POST", f"/v1/credits/grants/{segment(grant_id)}/void", body=body)
        )

    async def show_credits_job_statement(
        self, job_id: UUID | str, *, after_chunk: int | None = None, limit: int | None = None
    ) -> models.StatementAnswer:
        """Everything that was held for, charged to and given back to a job. 404 `hold_not_found` for one of somebody else."""
        return await self._model(
            models.StatementAnswer,
            Call("GET", f"/v1/credits/jobs/{segment(job_id)}", query={"after_chunk": after_chunk, "limit": limit}),
        )

    async def list_credits_ledger(
        self,
        *,
        cursor: UUID | str | None = None,
        limit: int | None = None,
        operation: Sequence[
            Literal[
                "grant",
                "hold",
                "raise",
                "lower",
                "capture",
                "release",
                "expire",
                "refund",
                "adjust",
                "void",
                "claw_back",
            ]
        ]
        | None = None,
        job_id: UUID | str | None = None,
        sourcing_id: UUID | str | None = None,
        grant_id: UUID | str | None = None,
        from_: datetime | None = None,
        to: datetime | None = None,
    ) -> models.LedgerAnswer:
        """Movements of credits, newest first, that fit every filter given. `Accept: text/csv` answers with all of them."""
        return await self._model(
            models.LedgerAnswer,
            Call(
                "GET",
                "/v1/credits/ledger",
                query={
                    "cursor": cursor,
                    "limit": limit,
                    "operation": operation,
                    "job_id": job_id,
                    "sourcing_id": sourcing_id,
                    "grant_id": grant_id,
                    "from": from_,
                    "to": to,
                },
            ),
        )

    def download_ledger_credits_csv(
        self,
        *,
        operation: Sequence[
            Literal[
                "grant",
                "hold",
                "raise",
                "lower",
                "capture",
                "release",
                "expire",
                "refund",
                "adjust",
                "void",
                "claw_back",
            ]
        ]
        | None = None,
        job_id: UUID | str | None = None,
        sourcing_id: UUID | str | None = None,
        grant_id: UUID | str | None = None,
        from_: datetime | None = None,
        to: datetime | None = None,
    ) -> Download:
        """All movements that fit the filters, newest first, as CSV."""
        return self._file(
            Call(
                "GET",
                "/v1/credits/ledger.csv",
                query={
                    "operation": operation,
                    "job_id": job_id,
                    "sourcing_id": sourcing_id,
                    "grant_id": grant_id,
                    "from": from_,
                    "to": to,
                },
            )
        )

    async def show_credits_proof(self) -> models.ProofAnswer:
        """Whether entries, their chain, balances, grants, holds and captures of the workspace agree with each other."""
        return await self._model(models.ProofAnswer, Call("GET", "/v1/credits/proof"))

    async def list_credits_proofs(self) -> models.RunsAnswer:
        """The last runs over all accounts, and the accounts that differ (operators)."""
        return await self._model(models.RunsAnswer, Call("GET", "/v1/credits/proofs"))

    async def start_credits_proof(self, *, idempotency_key: str | None = None) -> models.RunAnswer:
        """Prove all accounts now (operators). While a run is at work, it answers with that one. 409 `idempotency_key_reused`."""
        return await self._model(models.RunAnswer, Call("POST", "/v1/credits/proofs", key=idempotency_key or new_key()))

    async def refund_credits(
        self, body: models.RefundBody | Mapping[str, Any], *, idempotency_key: str | None = None
    ) -> models.RefundAnswer:
        """Give charged credits back (operators). The same `Idempotency-Key` answers with the same refund."""
        return await self._model(
            models.RefundAnswer, Call("POST", "/v1/credits/refunds", body=body, key=idempotency_key or new_key())
        )

    async def list_dead_letters(
        self,
        *,
        state: Literal["open", "replayed", "discarded"] | None = None,
        cause: str | None = None,
        campaign_id: UUID | str | None = None,
        cursor: UUID | str | None = None,
        limit: int | None = None,
    ) -> models.DeadLetterPage:
        """Dead letters, newest first."""
        return await self._model(
            models.DeadLetterPage,
            Call(
                "GET",
                "/v1/dead-letters",
                query={"state": state, "cause": cause, "campaign_id": campaign_id, "cursor": cursor, "limit": limit},
            ),
        )

    async def list_dead_letters_causes(self, *, campaign_id: UUID | str | None = None) -> models.DeadLetterGroups:
        """The open ones by cause, each with what can be done about it."""
        return await self._model(
            models.DeadLetterGroups, Call("GET", "/v1/dead-letters/causes", query={"campaign_id": campaign_id})
        )

    async def discard_dead_letters(self, body: models.DeadLetterChoice | Mapping[str, Any]) -> models.DiscardedOut:
        """Let the open ones be that are chosen, at most 500 at once."""
        return await self._model(models.DiscardedOut, Call("POST", "/v1/dead-letters/discard", body=body))

    async def replay_dead_letters(self, body: models.DeadLetterChoice | Mapping[str, Any]) -> models.ReplayedOut:
        """Send the open ones again that are chosen, at most 500 at once: each waits for a slot as anybody does.

        A second click changes nothing. Those stay open whose address is suppressed or waits in another campaign, or whose list
        or mailbox is deleted.
        """
        return await self._model(models.ReplayedOut, Call("POST", "/v1/dead-letters/replay", body=body))

    async def show_dead_letter(self, email_id: UUID | str) -> models.DeadLetterDetail:
        """One of them, with what was done about it. 404 dead_letter_not_found."""
        return await self._model(models.DeadLetterDetail, Call("GET", f"/v1/dead-letters/{segment(email_id)}"))

    async def edit_dead_letter(
        self, email_id: UUID | str, body: models.DeadLetterEdit | Mapping[str, Any]
    ) -> models.DeadLetterDetail:
        """Write to another address (`email`) instead, in this campaign; replay it afterwards. A line is edited in its campaign.

        404 dead_letter_not_found; 409 dead_letter_closed, dead_letter_busy, already_in_campaign; 422 invalid_address.
        """
        return await self._model(
            models.DeadLetterDetail, Call("PATCH", f"/v1/dead-letters/{segment(email_id)}", body=body)
        )

    def download_by_link(self, token: str) -> Download:
        """The file that a signed link is for; nothing else is asked of whoever has it. Ranges are served.

        410 `link_expired` or `file_gone`; 404 `link_invalid` for a link that was changed.
        """
        return self._file(Call("GET", f"/v1/downloads/{segment(token)}"))

    async def list_emails(
        self,
        *,
        campaign_id: UUID | str | None = None,
        state: Literal[
            "planned", "claimed", "sending", "sent", "failed", "unknown", "deferred", "cancelled", "suppressed"
        ]
        | None = None,
        cursor: UUID | str | None = None,
        limit: int | None = None,
    ) -> models.EmailPage:
        """The workspace's emails, newest first."""
        return await self._model(
            models.EmailPage,
            Call(
                "GET",
                "/v1/emails",
                query={"campaign_id": campaign_id, "state": state, "cursor": cursor, "limit": limit},
            ),
        )

    async def resolve_many_emails(self, body: models.ResolutionsIn | Mapping[str, Any]) -> models.ResolutionsOut:
        """Decide about unknown emails at once, at most 200, oldest first: they were `sent`, or `send_again`.

        As for a single one: sending again may mean that they arrive twice. A second click changes nothing.
        """
        return await self._model(models.ResolutionsOut, Call("POST", "/v1/emails/resolve", body=body))

    async def resolve_email(
        self, email_id: UUID | str, body: models.ResolutionIn | Mapping[str, Any]
    ) -> models.ResolutionOut:
        """Decide about an email whose outcome is unknown: it was `sent`, or `send_again` under the same Message-ID.

        Sending again may mean that it arrives twice: look at the mailbox's sent mail first. Kept with who decided and when; the
        second of two clicks changes nothing. 404 email_not_found, 409 not_unknown, resolved_otherwise.
        """
        return await self._model(
            models.ResolutionOut, Call("POST", f"/v1/emails/{segment(email_id)}/resolve", body=body)
        )

    async def show_entitlements(self) -> models.EntitledAnswer:
        """What the workspace may do."""
        return await self._model(models.EntitledAnswer, Call("GET", "/v1/entitlements"))

    async def list_erasures(self, *, cursor: UUID | str | None = None, limit: int | None = None) -> models.ErasurePage:
        """Who asked to be forgotten, newest first (owners and admins)."""
        return await self._model(
            models.ErasurePage, Call("GET", "/v1/erasures", query={"cursor": cursor, "limit": limit})
        )

    async def post_erasure(
        self, body: models.NewErasure | Mapping[str, Any], *, idempotency_key: str | None = None
    ) -> models.ErasureOut:
        """Forget a lead everywhere in this workspace, by the address (owners and admins). It cannot be undone: the person is never
        written to again, also when the address is uploaded once more.

        While one for the address is under way, it is answered with that one. 409 `idempotency_key_reused`.
        """
        return await self._model(
            models.ErasureOut, Call("POST", "/v1/erasures", body=body, key=idempotency_key or new_key())
        )

    async def get_erasure(self, erasure_id: UUID | str) -> models.ErasureOut:
        """How far each service is (owners and admins). 404 `erasure_not_found`."""
        return await self._model(models.ErasureOut, Call("GET", f"/v1/erasures/{segment(erasure_id)}"))

    def get_events(
        self, *, subject: UUID | str | None = None, last_event_id: UUID | str | None = None
    ) -> AsyncGenerator[Event]:
        """Events of the workspace (of one job or campaign when `subject` names it) as they happen.

        Each has `event` (its type) and the envelope as `data`, and an `id` when it is kept. After a lost connection send the
        last `id` as `Last-Event-ID`: what was missed comes first. The stream begins with an `id` of its own, and ends with the
        access token at the latest.
        """
        return self._events(
            Call("GET", "/v1/events", query={"subject": subject}, headers={"last-event-id": last_event_id})
        )

    async def show_export(self, export_id: UUID | str) -> models.ExportOut:
        """One export as it is now; ready, it comes with a fresh `download_url`."""
        return await self._model(models.ExportOut, Call("GET", f"/v1/exports/{segment(export_id)}"))

    async def list_invitations(
        self, *, cursor: UUID | str | None = None, limit: int | None = None
    ) -> models.InvitationPage:
        """Who was invited, newest first (owners and admins)."""
        return await self._model(
            models.InvitationPage, Call("GET", "/v1/invitations", query={"cursor": cursor, "limit": limit})
        )

    async def post_invitation(
        self, body: models.NewInvitation | Mapping[str, Any], *, idempotency_key: str | None = None
    ) -> models.InvitationOut:
        """Invite somebody by mail (owners and admins). The link serves once, for seven days, and only who signs in with the
        address.

        409 `already_member`, `members_reached`, `idempotency_key_reused`, `invitation_open` (with its id: send it again);
        429 `too_many_invitations`.
        """
        return await self._model(
            models.InvitationOut, Call("POST", "/v1/invitations", body=body, key=idempotency_key or new_key())
        )

    async def post_invitations_acceptance(self, body: models.InvitationToken | Mapping[str, Any]) -> models.JoinedOut:
        """Join the workspace that you were invited to, signed in with the address that the mail went to.

        404 `invitation_not_found`; 403 `invitation_for_another`; 410 `invitation_expired`; 409 `invitation_used`,
        `members_reached`.
        """
        return await self._model(models.JoinedOut, Call("POST", "/v1/invitations/accept", body=body))

    async def delete_invitation(self, invitation_id: UUID | str) -> None:
        """Revoke it (owners and admins): its link serves no more. 404 `invitation_not_found`; 409 `invitation_used`."""
        await self._nothing(Call("DELETE", f"/v1/invitations/{segment(invitation_id)}"))

    async def post_invitation_resending(self, invitation_id: UUID | str) -> models.InvitationOut:
        """Mail it again with another link (owners and admins); the link of the mail before serves no longer.

        404 `invitation_not_found`; 409 `invitation_used`, `too_many_mails`; 429 `invitation_just_mailed`,
        `too_many_invitations`.
        """
        return await self._model(models.InvitationOut, Call("POST", f"/v1/invitations/{segment(invitation_id)}/resend"))

    async def list_jobs(
        self,
        *,
        kind: Literal["list", "trial", "retry"] | None = None,
        state: Sequence[
            Literal[
                "reserving",
                "declined",
                "queued",
                "processing",
                "paused",
                "parked",
                "merging",
                "completed",
                "cancelled",
                "failed",
            ]
        ]
        | None = None,
        containing: str | None = None,
        cursor: UUID | str | None = None,
        limit: int | None = None,
    ) -> models.JobPage:
        """The workspace's jobs, newest first: those of one kind, or all but trials. `containing`: a part of the file's name."""
        return await self._model(
            models.JobPage,
            Call(
                "GET",
                "/v1/jobs",
                query={"kind": kind, "state": state, "containing": containing, "cursor": cursor, "limit": limit},
            ),
        )

    async def start_job(
        self, body: models.JobIn | Mapping[str, Any], *, idempotency_key: str | None = None
    ) -> models.JobOut:
        """Make a job and wait up to 5 s for its credits: 201, 402 `insufficient_credits`, or 202 while nobody knows.

        The same Idempotency-Key answers with the present state of the same job, whatever it would cost by then; with another body
        409 `idempotency_key_reused`. 409 `price_differs` where `quoted_credits` is not the price.
        """
        return await self._model(models.JobOut, Call("POST", "/v1/jobs", body=body, key=idempotency_key or new_key()))

    async def show_job(self, job_id: UUID | str) -> models.JobOut:
        """One job as it is now, and what it waits for. It has an `ETag`."""
        return await self._model(models.JobOut, Call("GET", f"/v1/jobs/{segment(job_id)}"))

    async def change_job(
        self, job_id: UUID | str, body: models.CeilingIn | Mapping[str, Any], *, if_match: str | None = None
    ) -> models.JobOut:
        """Let a job spend more, or less. More: raise its ceiling and wait up to 5 s for the credits; what is parked for it goes
        on. Less than is held for it: it begins no more than that pays for, and the rest is released; what is spent or under way
        is the lowest there is.

        402 `insufficient_credits` leaves the ceiling where it was, 202 while nobody knows; 409 `ceiling_not_higher` for a
        ceiling that gives it no more, `ceiling_not_lower` where all is spent or under way, `raise_open` for less while more is
        being asked for, `job_not_running` before its hold and after its end; 412 `settings_changed` when the ceiling is no longer
        that of the ETag in `If-Match`.
        """
        return await self._model(
            models.JobOut, Call("PATCH", f"/v1/jobs/{segment(job_id)}", body=body, headers={"If-Match": if_match})
        )

    async def delete_job(self, job_id: UUID | str) -> None:
        """Delete an ended list with its retries, results and sheets, and its upload when nothing else was made from that.

        409 `job_running` before its end, `retry_running` while rows of it are retried, `part_of_list` for a retry.
        """
        await self._nothing(Call("DELETE", f"/v1/jobs/{segment(job_id)}"))

    async def cancel_job(self, job_id: UUID | str) -> models.JobOut:
        """Stop for good. Delivered rows stay delivered; the rest is free."""
        return await self._model(models.JobOut, Call("POST", f"/v1/jobs/{segment(job_id)}/cancel"))

    def download_result_job(
        self, job_id: UUID | str, *, format: Literal["xlsx", "csv"] | None = None, flat: bool | None = None
    ) -> Download:
        """The newest finished sheet of a list with its retries. 409 `not_ready` while there is none: see `POST …/exports`.

        Ranges are served. Holds no connection while it streams.
        """
        return self._file(Call("GET", f"/v1/jobs/{segment(job_id)}/download", query={"format": format, "flat": flat}))

    async def make_job_download_url_link(
        self, job_id: UUID | str, body: models.SheetIn | Mapping[str, Any]
    ) -> models.DownloadLinkOut:
        """A link to the finished sheet that a browser can open without a token. 409 as for `GET …/download`."""
        return await self._model(
            models.DownloadLinkOut, Call("POST", f"/v1/jobs/{segment(job_id)}/download-url", body=body)
        )

    async def list_job_exports(self, job_id: UUID | str) -> models.ExportList:
        """What was asked for of a list with its retries, newest first. Of partial ones only the newest few are kept."""
        return await self._model(models.ExportList, Call("GET", f"/v1/jobs/{segment(job_id)}/exports"))

    async def ask_for_export_job(
        self, job_id: UUID | str, body: models.SheetIn | Mapping[str, Any], *, idempotency_key: str | None = None
    ) -> models.ExportOut:
        """Have a sheet written of what there is now, also while the job is under way; look at the export until it is `ready`.

        Asked twice for the same results it is the same export; the same Idempotency-Key answers as the first time, without a
        link: the export has a fresh one. 429 `too_many_exports` while two of the workspace are being written; 409 `no_sheet` for
        a trial, 409 `idempotency_key_reused`.
        """
        return await self._model(
            models.ExportOut,
            Call("POST", f"/v1/jobs/{segment(job_id)}/exports", body=body, key=idempotency_key or new_key()),
        )

    async def finish_job(self, job_id: UUID | str) -> models.JobOut:
        """Take what there is: rows without an outcome are skipped, free, and the sheet is written.

        Answers at once, `merging`: no answer counts any more, and `rows_skipped` rises while the rest is closed.
        409 `job_not_under_way` before the job has begun, and when it was cancelled or has failed.
        """
        return await self._model(models.JobOut, Call("POST", f"/v1/jobs/{segment(job_id)}/finish"))

    async def show_job_log(
        self, job_id: UUID | str, *, cursor: UUID | str | None = None, limit: int | None = None
    ) -> models.LogPage:
        """What happened to a job, oldest first."""
        return await self._model(
            models.LogPage, Call("GET", f"/v1/jobs/{segment(job_id)}/log", query={"cursor": cursor, "limit": limit})
        )

    async def pause_job(self, job_id: UUID | str) -> models.JobOut:
        """Stand still: rows in hand are finished, nothing more is begun."""
        return await self._model(models.JobOut, Call("POST", f"/v1/jobs/{segment(job_id)}/pause"))

    async def job_receipt(self, job_id: UUID | str) -> models.JobReceiptOut:
        """What a job took so far: calls by provider, tokens by model, cost, cache hits. Each row counts once, with the answer
        that was stored for it.
        """
        return await self._model(models.JobReceiptOut, Call("GET", f"/v1/jobs/{segment(job_id)}/receipt"))

    async def rerun_job(self, job_id: UUID | str) -> models.JobOut:
        """Begin once more with everything that is not completed, also what was given up. Only before the sheet is written."""
        return await self._model(models.JobOut, Call("POST", f"/v1/jobs/{segment(job_id)}/rerun"))

    async def resume_job(self, job_id: UUID | str) -> models.JobOut:
        """Go on, after a pause or before a provider is back by itself."""
        return await self._model(models.JobOut, Call("POST", f"/v1/jobs/{segment(job_id)}/resume"))

    async def retry_job(
        self, job_id: UUID | str, body: models.RetryIn | Mapping[str, Any], *, idempotency_key: str | None = None
    ) -> models.JobOut:
        """Research the failed (degraded, not reached) rows of an ended list once more, as a job that is laid over it.

        Waits up to 5 s for its credits: 201, 402 `insufficient_credits`, or 202 while nobody knows. A second click answers
        with the retry that is under way. 409 `nothing_to_retry`, `job_running`, `retry_running` (another request's).
        """
        return await self._model(
            models.JobOut,
            Call("POST", f"/v1/jobs/{segment(job_id)}/retry", body=body, key=idempotency_key or new_key()),
        )

    async def list_job_rows(
        self,
        job_id: UUID | str,
        *,
        status: Literal["enriched", "degraded", "failed", "skipped", "pending"] | None = None,
        cursor: int | None = None,
        limit: int | None = None,
        include: Literal["cells"] | None = None,
        approved: bool | None = None,
        view: Literal["brief"] | None = None,
    ) -> models.JobRowPage:
        """The rows that have their outcome, in the order of the sheet, from behind row number `cursor`, wherever that is.

        Of a list, what its retries delivered is laid over it. `status=pending`: the rows that wait for their outcome.
        `approved=false`: the rows with a line that nobody has approved. With `include=cells` a page has at most 50 rows.
        With `view=brief` research, evidence, extra, receipt and product are left out: the row's own page has them.
        """
        return await self._model(
            models.JobRowPage,
            Call(
                "GET",
                f"/v1/jobs/{segment(job_id)}/rows",
                query={
                    "status": status,
                    "cursor": cursor,
                    "limit": limit,
                    "include": include,
                    "approved": approved,
                    "view": view,
                },
            ),
        )

    async def one_row_job(
        self, job_id: UUID | str, row_no: int, *, include: Literal["cells"] | None = None
    ) -> models.JobRowOut:
        """One row of a job. 404 `unknown_row` for a row the job does not have, or ended without reaching."""
        return await self._model(
            models.JobRowOut,
            Call("GET", f"/v1/jobs/{segment(job_id)}/rows/{segment(row_no)}", query={"include": include}),
        )

    async def change_job_row_line(
        self, job_id: UUID | str, row_no: int, body: models.LineIn | Mapping[str, Any]
    ) -> models.JobRowOut:
        """Edit or approve the line of a row, free: what was charged stays as it was, and the written line is kept.

        409 `row_changed` when the row is not at that `revision` any more, with the present one; `row_has_no_line` for a failed or
        skipped row. The edited line goes into sheets; where the list is published, it is corrected there unless it was sent.
        """
        return await self._model(
            models.JobRowOut, Call("PATCH", f"/v1/jobs/{segment(job_id)}/rows/{segment(row_no)}", body=body)
        )

    async def show_job_row_line_log(self, job_id: UUID | str, row_no: int) -> models.LineLog:
        """What people have made of the lines of a row, also of attempts that another is laid over; the newest 100."""
        return await self._model(
            models.LineLog, Call("GET", f"/v1/jobs/{segment(job_id)}/rows/{segment(row_no)}/line-log")
        )

    async def quote_job_row_rerun(self, job_id: UUID | str, row_no: int) -> models.RerunQuoteOut:
        """What another go at a row of an ended list would cost. Nothing is reserved."""
        return await self._model(
            models.RerunQuoteOut, Call("GET", f"/v1/jobs/{segment(job_id)}/rows/{segment(row_no)}/rerun")
        )

    async def rerun_job_row(
        self,
        job_id: UUID | str,
        row_no: int,
        body: models.RerunIn | Mapping[str, Any],
        *,
        idempotency_key: str | None = None,
    ) -> models.RerunOut:
        """Work on one row of an ended list once more, as a job that is laid over it: the better outcome counts, of equals the newer.

        Waits up to 5 s for its credits: 201, 402 `insufficient_credits`, or 202 while nobody knows. A second click answers
        with the same job. 409 `job_running`, `retry_running` while rows of the list are retried already.
        """
        return await self._model(
            models.RerunOut,
            Call(
                "POST",
                f"/v1/jobs/{segment(job_id)}/rows/{segment(row_no)}/rerun",
                body=body,
                key=idempotency_key or new_key(),
            ),
        )

    async def show_line_options(self) -> models.LineOptionsOut:
        """What a job can ask of its opening lines: the same for every workspace."""
        return await self._model(models.LineOptionsOut, Call("GET", "/v1/line-options"))

    async def list_lists(self, *, cursor: UUID | str | None = None, limit: int | None = None) -> models.ListPage:
        """The workspace's lists, newest first."""
        return await self._model(models.ListPage, Call("GET", "/v1/lists", query={"cursor": cursor, "limit": limit}))

    async def show_list(self, list_id: UUID | str) -> models.ListOut:
        """One list, with an `ETag`. 404 list_not_found."""
        return await self._model(models.ListOut, Call("GET", f"/v1/lists/{segment(list_id)}"))

    async def change_list(
        self, list_id: UUID | str, body: models.ListChange | Mapping[str, Any], *, if_match: str | None = None
    ) -> models.ListOut:
        """Another name, or whether role addresses are written to; by default they are set aside. Campaigns keep their names,
        and those that have started stay as they are.

        404 list_not_found; 412 settings_changed when `If-Match` is no longer its ETag.
        """
        return await self._model(
            models.ListOut, Call("PATCH", f"/v1/lists/{segment(list_id)}", body=body, headers={"If-Match": if_match})
        )

    async def remove_list(self, list_id: UUID | str) -> None:
        """Delete a list: its rows are erased, what was sent keeps its proof. 404 list_not_found; 409 list_in_use, with their
        names, while campaigns that are active or paused write to it.
        """
        await self._nothing(Call("DELETE", f"/v1/lists/{segment(list_id)}"))

    async def list_recipients(
        self,
        list_id: UUID | str,
        *,
        set_aside: Literal["duplicate", "invalid_address", "role_address", "suppressed", "no_mx"]
        | Literal["any"]
        | None = None,
        cursor: int | None = None,
        limit: int | None = None,
    ) -> models.RecipientPage:
        """The rows of a list, in its order. 404 list_not_found."""
        return await self._model(
            models.RecipientPage,
            Call(
                "GET",
                f"/v1/lists/{segment(list_id)}/recipients",
                query={"set_aside": set_aside, "cursor": cursor, "limit": limit},
            ),
        )

    def download_set_aside_list_csv(self, list_id: UUID | str) -> Download:
        """The rows that are not written to, each with its reason, as CSV. 404 list_not_found."""
        return self._file(Call("GET", f"/v1/lists/{segment(list_id)}/set-aside.csv"))

    async def take_in_list(self, list_id: UUID | str, body: models.TakeIn | Mapping[str, Any]) -> models.TakenIn:
        """Write to rows that were set aside all the same, and do not set them aside for this again.

        Duplicates, invalid and suppressed addresses stay where they are. 404 list_not_found.
        """
        return await self._model(models.TakenIn, Call("POST", f"/v1/lists/{segment(list_id)}/take-in", body=body))

    async def list_mailboxes(self, *, cursor: UUID | str | None = None, limit: int | None = None) -> models.MailboxPage:
        """The workspace's own mailboxes and the installation's, newest first."""
        return await self._model(
            models.MailboxPage, Call("GET", "/v1/mailboxes", query={"cursor": cursor, "limit": limit})
        )

    async def add_mailboxes(
        self, body: models.MailboxIn | Mapping[str, Any], *, idempotency_key: str | None = None
    ) -> models.MailboxOut:
        """Bring a mailbox. The same Idempotency-Key answers with the same one. Try it before a campaign does.

        A key is tried with its provider first. 409 `mailbox_exists`, `mailboxes_reached`, `idempotency_key_reused`,
        `sealing_off`, `key_refused` (with the provider's words), `account_unknown`; 422 `server_unsafe`, `server_malformed`,
        `account_malformed`, `api_key_missing`, `invalid_address`; 503 `mailbox_down`.
        """
        return await self._model(
            models.MailboxOut, Call("POST", "/v1/mailboxes", body=body, key=idempotency_key or new_key())
        )

    async def finish_mailboxes_oauth(
        self, body: models.ReturnIn | Mapping[str, Any], *, idempotency_key: str | None = None
    ) -> models.MailboxOut:
        """What the provider gave becomes a mailbox, for the workspace that asked and nobody else. It serves once.

        409 `consent_over`, `consent_revoked`, `consent_incomplete`, `another_account`, `mailboxes_reached`,
        `idempotency_key_reused`; 422 `state_invalid`.
        """
        return await self._model(
            models.MailboxOut, Call("POST", "/v1/mailboxes/oauth/finish", body=body, key=idempotency_key or new_key())
        )

    async def start_mailboxes_oauth(self, body: models.ConsentIn | Mapping[str, Any]) -> models.ConsentOut:
        """Where to send the person. They come back to the web app with `state` and `code`, which `/finish` takes.

        409 `oauth_off`, `sealing_off`, `signs_in_elsewhere`.
        """
        return await self._model(models.ConsentOut, Call("POST", "/v1/mailboxes/oauth/start", body=body))

    async def show_mailboxes_preset(self, *, address: str) -> models.PresetAnswer:
        """How the host of an address is reached, by its domain or by who takes its mail. 422 invalid_address; 503 dns_away."""
        return await self._model(models.PresetAnswer, Call("GET", "/v1/mailboxes/presets", query={"address": address}))

    async def show_mailbox(self, mailbox_id: UUID | str) -> models.MailboxOut:
        """One mailbox, with an `ETag`. 404 mailbox_not_found."""
        return await self._model(models.MailboxOut, Call("GET", f"/v1/mailboxes/{segment(mailbox_id)}"))

    async def change_mailbox(
        self, mailbox_id: UUID | str, body: models.MailboxChangeIn | Mapping[str, Any], *, if_match: str | None = None
    ) -> models.MailboxOut:
        """Change what is given. With another server the password has to be given again; another key is tried first.

        404; 409 `signs_in_elsewhere`, `key_refused`; 412 `settings_changed` for an old `If-Match`; 422; 503 `mailbox_down`.
        """
        return await self._model(
            models.MailboxOut,
            Call("PATCH", f"/v1/mailboxes/{segment(mailbox_id)}", body=body, headers={"If-Match": if_match}),
        )

    async def remove_mailbox(self, mailbox_id: UUID | str) -> None:
        """Take it away with its secrets. 409 `mailbox_in_use` while campaigns that are not finished send through it."""
        await self._nothing(Call("DELETE", f"/v1/mailboxes/{segment(mailbox_id)}"))

    async def sign_mailbox_dkim(self, mailbox_id: UUID | str, *, anew: bool | None = None) -> models.MailboxOut:
        """Make keys that its mail is signed with; `dkim_records` are to be published. `anew` makes others under another name."""
        return await self._model(
            models.MailboxOut, Call("POST", f"/v1/mailboxes/{segment(mailbox_id)}/dkim", query={"anew": anew})
        )

    async def examine_mailbox_doctor(self, mailbox_id: UUID | str, *, again: bool | None = None) -> models.ReportOut:
        """SPF, DKIM, DMARC and MX of its domain, each with what to do. At most ten minutes old. 503 `dns_away`."""
        return await self._model(
            models.ReportOut, Call("GET", f"/v1/mailboxes/{segment(mailbox_id)}/doctor", query={"again": again})
        )

    async def pause_mailbox(self, mailbox_id: UUID | str) -> models.MailboxOut:
        """Nothing begins through it after this answer; what is planned waits."""
        return await self._model(models.MailboxOut, Call("POST", f"/v1/mailboxes/{segment(mailbox_id)}/pause"))

    async def resume_mailbox(self, mailbox_id: UUID | str) -> models.MailboxOut:
        """It may send again, whatever had paused it."""
        return await self._model(models.MailboxOut, Call("POST", f"/v1/mailboxes/{segment(mailbox_id)}/resume"))

    async def try_it_mailbox_test(
        self, mailbox_id: UUID | str, body: models.SenderTrialIn | Mapping[str, Any]
    ) -> models.TrialOut:
        """Log in, and send one mail to an address of yours. Where it ended, and the server's word, are the answer.

        404 mailbox_not_found; 422 invalid_address; 429 mailbox_tried_too_often, with `Retry-After`.
        """
        return await self._model(models.TrialOut, Call("POST", f"/v1/mailboxes/{segment(mailbox_id)}/test", body=body))

    async def get_me(self) -> models.MeResponse:
        """Who is asking."""
        return await self._model(models.MeResponse, Call("GET", "/v1/me"))

    async def list_members(self, *, cursor: UUID | str | None = None, limit: int | None = None) -> models.MemberPage:
        """Who works in the workspace, and as what."""
        return await self._model(
            models.MemberPage, Call("GET", "/v1/members", query={"cursor": cursor, "limit": limit})
        )

    async def patch_member(self, user_id: UUID | str, body: models.RoleChange | Mapping[str, Any]) -> models.MemberOut:
        """Make a member something else (owners and admins; owners are made and unmade by owners only).

        404 `member_not_found`; 403 `owners_only`; 409 `last_owner`.
        """
        return await self._model(models.MemberOut, Call("PATCH", f"/v1/members/{segment(user_id)}", body=body))

    async def delete_member(self, user_id: UUID | str) -> None:
        """Remove a member (owners and admins): they are out at once, and so are their API keys of this workspace.

        404 `member_not_found`; 403 `owners_only`; 409 `last_owner`.
        """
        await self._nothing(Call("DELETE", f"/v1/members/{segment(user_id)}"))

    async def come_back_oauth_callback(
        self, *, state: str | None = None, code: str | None = None, error: str | None = None
    ) -> str:
        """Where Google and Microsoft send people back to: on to the web app, which finishes as whoever is signed in there.

        Behind a #, so that no server on the way writes the code down. 422 `state_invalid`.
        """
        return await self._location(
            Call("GET", "/v1/oauth/callback", query={"state": state, "code": code, "error": error})
        )

    async def show_prices(self) -> models.PricesAnswer:
        """What things cost now, and what they cost before (the last 100 versions)."""
        return await self._model(models.PricesAnswer, Call("GET", "/v1/prices"))

    async def publish_prices(
        self, body: models.PricesBody | Mapping[str, Any], *, idempotency_key: str | None = None
    ) -> models.PriceListAnswer:
        """Publish the next version (operators). It holds from now on; jobs that are there keep the version they have.

        409 `idempotency_key_reused`.
        """
        return await self._model(
            models.PriceListAnswer, Call("POST", "/v1/prices", body=body, key=idempotency_key or new_key())
        )

    async def get_providers(self) -> models.ProviderList:
        """Which provider is real, which is the sandbox, which is missing, which goes by your own key, and which is out until when."""
        return await self._model(models.ProviderList, Call("GET", "/v1/providers"))

    async def put_provider_key(
        self, provider: str, body: models.ProviderKeyIn | Mapping[str, Any]
    ) -> models.ProviderKeyOut:
        """Bring your own key. It is checked with one small call, kept encrypted, and used for your jobs from then on."""
        return await self._model(
            models.ProviderKeyOut, Call("PUT", f"/v1/providers/{segment(provider)}/key", body=body)
        )

    async def remove_provider_key(self, provider: str) -> None:
        """Take your key away: your jobs go by the shared account again, where there is one."""
        await self._nothing(Call("DELETE", f"/v1/providers/{segment(provider)}/key"))

    async def quote(self, body: models.QuoteIn | Mapping[str, Any]) -> models.QuoteOut:
        """What enriching an upload would cost at the present price list. Nothing is reserved.

        403 `rows_per_job_exceeded` for more rows than the plan takes in one list: choose `first_rows`.
        """
        return await self._model(models.QuoteOut, Call("POST", "/v1/quotes", body=body))

    async def forecast_of_workspace_sending(self, *, days: int | None = None) -> models.ForecastOut:
        """How many mails leave on each day to come, by campaign, of those that are active, as far as all goes well."""
        return await self._model(models.ForecastOut, Call("GET", "/v1/sending/forecast", query={"days": days}))

    async def show_sending_settings(self) -> models.SendingSettingsOut:
        """How the workspace sends, and the defaults for what it has not said. It has an `ETag`. 503
        workspace_pending just after it was made.
        """
        return await self._model(models.SendingSettingsOut, Call("GET", "/v1/sending/settings"))

    async def change_sending_settings(
        self, body: models.SendingSettingsIn | Mapping[str, Any], *, if_match: str | None = None
    ) -> models.SendingSettingsOut:
        """Replace all of it; plans and mails follow from now on. Owners and admins only. 412
        settings_changed when `If-Match` is no longer their ETag.
        """
        return await self._model(
            models.SendingSettingsOut, Call("PUT", "/v1/sending/settings", body=body, headers={"If-Match": if_match})
        )

    async def list_sourcings(
        self, *, cursor: UUID | str | None = None, limit: int | None = None
    ) -> models.SourcingPage:
        """The workspace's sourcings, newest first."""
        return await self._model(
            models.SourcingPage, Call("GET", "/v1/sourcings", query={"cursor": cursor, "limit": limit})
        )

    async def start_sourcing(
        self, body: models.SourcingIn | Mapping[str, Any], *, idempotency_key: str | None = None
    ) -> models.SourcingOut:
        """Make a sourcing and wait up to 5 s for its credits: 201, 402 `insufficient_credits`, or 202 while nobody knows.

        The same Idempotency-Key answers with the present state of the same one; with another body 409 `idempotency_key_reused`.
        """
        return await self._model(
            models.SourcingOut, Call("POST", "/v1/sourcings", body=body, key=idempotency_key or new_key())
        )

    async def preview_sourcings(self, body: models.SearchIn | Mapping[str, Any]) -> models.SearchOut:
        """How many people match right now, and the first 25: free, masked, without addresses. What Apollo refuses comes as it is."""
        return await self._model(models.SearchOut, Call("POST", "/v1/sourcings/preview", body=body))

    async def show_sourcing(self, sourcing_id: UUID | str) -> models.SourcingOut:
        """One sourcing as it is now."""
        return await self._model(models.SourcingOut, Call("GET", f"/v1/sourcings/{segment(sourcing_id)}"))

    async def cancel_sourcing(self, sourcing_id: UUID | str) -> models.SourcingOut:
        """Stop for good. What has been revealed is delivered and charged; the rest is released."""
        return await self._model(models.SourcingOut, Call("POST", f"/v1/sourcings/{segment(sourcing_id)}/cancel"))

    async def resume_sourcing(self, sourcing_id: UUID | str) -> models.SourcingOut:
        """Go on now, after what parked it has been mended."""
        return await self._model(models.SourcingOut, Call("POST", f"/v1/sourcings/{segment(sourcing_id)}/resume"))

    async def take_webhook_stripe(
        self, body: Mapping[str, Any], *, stripe_signature: str | None = None
    ) -> models.ToldAnswer:
        """An event of Stripe's, signed with the endpoint's secret. It is kept at once and applied afterwards, once."""
        return await self._model(
            models.ToldAnswer,
            Call("POST", "/v1/stripe/webhooks", body=body, headers={"Stripe-Signature": stripe_signature}),
        )

    async def list_suppressions(
        self,
        *,
        cursor: str | None = None,
        limit: int | None = None,
        scope: Literal["workspace", "global"] | None = None,
        reason: Literal["unsubscribed", "bounced", "complained", "asked", "imported", "erased"] | None = None,
        containing: str | None = None,
    ) -> models.SuppressionPage:
        """What is suppressed, by address. `containing`: a part of the address."""
        return await self._model(
            models.SuppressionPage,
            Call(
                "GET",
                "/v1/suppressions",
                query={"cursor": cursor, "limit": limit, "scope": scope, "reason": reason, "containing": containing},
            ),
        )

    async def suppress_suppressions(
        self, body: models.SuppressionIn | Mapping[str, Any], *, idempotency_key: str | None = None
    ) -> models.SuppressionOut:
        """Never write to this address, or `@domain`, again. Holds for every send that has not begun; the second time changes
        nothing. 403 operators_only for `global`; 409 idempotency_key_reused; 422 invalid_address.
        """
        return await self._model(
            models.SuppressionOut, Call("POST", "/v1/suppressions", body=body, key=idempotency_key or new_key())
        )

    async def list_suppressions_changes(
        self,
        *,
        email: str | None = None,
        cursor: int | None = None,
        limit: int | None = None,
        scope: Literal["workspace", "global"] | None = None,
    ) -> models.SuppressionHistory:
        """What was ever suppressed and lifted, newest first, also of one address."""
        return await self._model(
            models.SuppressionHistory,
            Call(
                "GET",
                "/v1/suppressions/changes",
                query={"email": email, "cursor": cursor, "limit": limit, "scope": scope},
            ),
        )

    def export_suppressions(self, *, scope: Literal["workspace", "global"] | None = None) -> Download:
        """Everything that is suppressed, as a CSV that the import takes."""
        return self._file(Call("GET", "/v1/suppressions/export", query={"scope": scope}))

    async def import_file_suppressions(
        self, body: Content, *, scope: Literal["workspace", "global"] | None = None, note: str | None = None
    ) -> models.SuppressionImportOut:
        """Suppress every address and `@domain` of a CSV (the column `email`, else the first). Lines that are neither are named
        and left out. 413 too_large; 422 suppressions_not_text, suppressions_too_many.
        """
        return await self._model(
            models.SuppressionImportOut,
            Call("POST", "/v1/suppressions/import", query={"scope": scope, "note": note}, body=body, kind="text/csv"),
        )

    async def show_suppression(
        self, suppression_id: UUID | str, *, scope: Literal["workspace", "global"] | None = None
    ) -> models.SuppressionOut:
        """One, with what it rests on. 404 suppression_not_found."""
        return await self._model(
            models.SuppressionOut, Call("GET", f"/v1/suppressions/{segment(suppression_id)}", query={"scope": scope})
        )

    async def lift_suppression(
        self,
        suppression_id: UUID | str,
        body: models.LiftIn | Mapping[str, Any],
        *,
        scope: Literal["workspace", "global"] | None = None,
    ) -> None:
        """The address may be written to again, for the reason given. It stays in the history. Owners and admins only.

        404 suppression_not_found; 409 erased: who asked to be forgotten stays so.
        """
        await self._nothing(
            Call("POST", f"/v1/suppressions/{segment(suppression_id)}/lift", query={"scope": scope}, body=body)
        )

    async def list_templates(
        self, *, cursor: UUID | str | None = None, limit: int | None = None
    ) -> models.TemplatePage:
        """The workspace's templates in their newest versions, newest template first."""
        return await self._model(
            models.TemplatePage, Call("GET", "/v1/templates", query={"cursor": cursor, "limit": limit})
        )

    async def create_templates(
        self, body: models.TemplateIn | Mapping[str, Any], *, idempotency_key: str | None = None
    ) -> models.TemplateOut:
        """A new template. 409 template_name_taken, idempotency_key_reused; 422 template_invalid, template_too_large.

        What its list must have in columns is checked when a campaign is made; `problems` say what keeps it from being a
        first mail.
        """
        return await self._model(
            models.TemplateOut, Call("POST", "/v1/templates", body=body, key=idempotency_key or new_key())
        )

    async def preview_templates(self, body: models.PreviewIn | Mapping[str, Any]) -> models.PreviewOut:
        """The mail that a template makes for a row of a list, for a lead, or for a made-up person, and everything that speaks
        against sending it: a saved one, words that are being written, a campaign's, or the default. Its links bar nobody.

        404 template_not_found, list_not_found, row_not_found, lead_not_found, campaign_not_found.
        """
        return await self._model(models.PreviewOut, Call("POST", "/v1/templates/preview", body=body))

    async def show_template(self, template_id: UUID | str) -> models.TemplateOut:
        """A template in its newest version, which is its ETag. 404 template_not_found."""
        return await self._model(models.TemplateOut, Call("GET", f"/v1/templates/{segment(template_id)}"))

    async def change_template(
        self, template_id: UUID | str, body: models.TemplateIn | Mapping[str, Any], *, if_match: str | None = None
    ) -> models.TemplateOut:
        """Other words make the next version; campaigns keep the one they were made with. With `If-Match`, 412
        template_changed when somebody has changed it meanwhile. 409 template_name_taken; 422 as for a new one.
        """
        return await self._model(
            models.TemplateOut,
            Call("PUT", f"/v1/templates/{segment(template_id)}", body=body, headers={"If-Match": if_match}),
        )

    async def delete_template(self, template_id: UUID | str) -> None:
        """It is offered no more; campaigns keep its words. 404 template_not_found; 409 template_is_default."""
        await self._nothing(Call("DELETE", f"/v1/templates/{segment(template_id)}"))

    async def list_template_versions(
        self, template_id: UUID | str, *, cursor: int | None = None, limit: int | None = None
    ) -> models.TemplatePage:
        """All its versions, newest first. 404 template_not_found."""
        return await self._model(
            models.TemplatePage,
            Call("GET", f"/v1/templates/{segment(template_id)}/versions", query={"cursor": cursor, "limit": limit}),
        )

    async def list_uploads(self, *, cursor: UUID | str | None = None, limit: int | None = None) -> models.UploadPage:
        """The workspace's uploads, newest first."""
        return await self._model(
            models.UploadPage, Call("GET", "/v1/uploads", query={"cursor": cursor, "limit": limit})
        )

    async def send_upload(
        self, body: Content, *, filename: str, idempotency_key: str | None = None
    ) -> models.UploadOut:
        """Send a sheet as the raw body; it is read in the background. Refused at once: `empty_file`, `too_large`.

        With `Content-Digest` or `Repr-Digest` (RFC 9530, sha-256 or sha-512) also `digest_mismatch`, and nothing is kept.

        Files under one Idempotency-Key are told apart by name, length, type and digest, without being read: 409
        `idempotency_key_reused`.
        """
        return await self._model(
            models.UploadOut,
            Call(
                "POST",
                "/v1/uploads",
                query={"filename": filename},
                body=body,
                kind="application/octet-stream",
                key=idempotency_key or new_key(),
            ),
        )

    async def paste_rows_uploads_pasted(
        self,
        body: Content | Mapping[str, Any],
        *,
        filename: str | None = None,
        kind: Literal["text/plain", "application/json"] = "text/plain",
        idempotency_key: str | None = None,
    ) -> models.UploadOut:
        """Send rows as they are copied from a sheet, a header first: as text/plain, or as JSON `{text, filename}`.

        Refused at once: `empty_file`, `too_large`; 409 `idempotency_key_reused`.
        """
        return await self._model(
            models.UploadOut,
            Call(
                "POST",
                "/v1/uploads/pasted",
                query={"filename": filename},
                body=body,
                kind=kind,
                key=idempotency_key or new_key(),
            ),
        )

    async def describe_uploads_resumable(self, *, headers: Mapping[str, str] | None = None) -> Mapping[str, str]:
        """What of the tus protocol is spoken here, and how large a file may be."""
        return await self._headers(Call("OPTIONS", "/v1/uploads/resumable", headers={**(headers or {})}))

    async def begin_uploads_resumable(
        self,
        body: Content | None = None,
        *,
        idempotency_key: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Mapping[str, str]:
        """Begin an upload of `Upload-Length` bytes (creation); a body is its first piece (creation-with-upload).

        The name is `filename` of `Upload-Metadata`. Send pieces to `Location` until `Upload-Expires`. The same Idempotency-Key
        answers with the same upload and how much of it has come; 409 `idempotency_key_reused`.
        """
        return await self._headers(
            Call(
                "POST",
                "/v1/uploads/resumable",
                body=body,
                kind="application/offset+octet-stream",
                headers={**(headers or {})},
                key=idempotency_key or new_key(),
            )
        )

    async def show_uploads_resumable_offset(
        self, upload_id: UUID | str, *, headers: Mapping[str, str] | None = None
    ) -> Mapping[str, str]:
        """How many bytes have come (`Upload-Offset`): where to go on. 410 when the rest is not waited for any more."""
        return await self._headers(
            Call("HEAD", f"/v1/uploads/resumable/{segment(upload_id)}", headers={**(headers or {})})
        )

    async def add_uploads_resumable_piece(
        self, upload_id: UUID | str, body: Content | None = None, *, headers: Mapping[str, str] | None = None
    ) -> Mapping[str, str]:
        """Add bytes at `Upload-Offset`; with `Upload-Checksum` they are kept whole or not at all (460).

        When the last byte has come the file is an upload like any other: see `GET /v1/uploads/{id}`. 409 `offset_mismatch`,
        423 `upload_taken_over`, 413 `longer_than_announced`.
        """
        return await self._headers(
            Call(
                "PATCH",
                f"/v1/uploads/resumable/{segment(upload_id)}",
                body=body,
                kind="application/offset+octet-stream",
                headers={**(headers or {})},
            )
        )

    async def terminate_uploads_resumable(
        self, upload_id: UUID | str, *, headers: Mapping[str, str] | None = None
    ) -> Mapping[str, str]:
        """Give the upload up: what has come of it is deleted."""
        return await self._headers(
            Call("DELETE", f"/v1/uploads/resumable/{segment(upload_id)}", headers={**(headers or {})})
        )

    async def show_upload(
        self,
        upload_id: UUID | str,
        *,
        wait_seconds: float | None = None,
        wait_for: Literal["end", "preview"] | None = None,
    ) -> models.UploadOut:
        """One upload. With `wait_seconds` the answer waits until reading has ended, at most so long; with `wait_for=preview`
        only until its columns and first rows are known.
        """
        return await self._model(
            models.UploadOut,
            Call(
                "GET", f"/v1/uploads/{segment(upload_id)}", query={"wait_seconds": wait_seconds, "wait_for": wait_for}
            ),
        )

    async def remove_upload(self, upload_id: UUID | str) -> None:
        """Delete an upload and its files, for good. 409 `upload_in_use` while a job refers to it."""
        await self._nothing(Call("DELETE", f"/v1/uploads/{segment(upload_id)}"))

    async def make_upload_list(
        self, upload_id: UUID | str, body: models.PlainListIn | Mapping[str, Any], *, idempotency_key: str | None = None
    ) -> models.PlainListOut:
        """Make a list of an upload that can be written to without research, free; its parts follow within seconds.

        404 `unknown_upload`; 409 `upload_not_ready`, `idempotency_key_reused`; 422 `email_column_missing`, `mapping_invalid`.
        """
        return await self._model(
            models.PlainListOut,
            Call("POST", f"/v1/uploads/{segment(upload_id)}/list", body=body, key=idempotency_key or new_key()),
        )

    async def set_upload_mapping(
        self, upload_id: UUID | str, body: models.MappingIn | Mapping[str, Any]
    ) -> models.UploadOut:
        """Say which column plays which role. Remembered for the workspace's next uploads; the rows are checked under it."""
        return await self._model(models.UploadOut, Call("PUT", f"/v1/uploads/{segment(upload_id)}/mapping", body=body))

    async def list_upload_problems(
        self,
        upload_id: UUID | str,
        *,
        code: str | None = None,
        column: int | None = None,
        cursor: str | None = None,
        limit: int | None = None,
    ) -> models.ProblemPage:
        """What is wrong in which cell, by row. No row is left out for it."""
        return await self._model(
            models.ProblemPage,
            Call(
                "GET",
                f"/v1/uploads/{segment(upload_id)}/problems",
                query={"code": code, "column": column, "cursor": cursor, "limit": limit},
            ),
        )

    def download_problems_upload_csv(
        self, upload_id: UUID | str, *, code: str | None = None, column: int | None = None
    ) -> Download:
        """All that is wrong, as CSV: the row as the file counts it, the column's name, what stands there, what to do.

        409 `check_running` until the rows have been checked under the present mapping, `check_failed` when that failed.
        """
        return self._file(
            Call("GET", f"/v1/uploads/{segment(upload_id)}/problems.csv", query={"code": code, "column": column})
        )

    async def choose_reading_upload(
        self, upload_id: UUID | str, body: models.ReadingOptionsIn | Mapping[str, Any]
    ) -> models.UploadOut:
        """Decide how the upload is read, and have it read again: its state is `reading` then.

        409 `upload_in_use` when a job was made from it, 422 `option_invalid`, with `choices` where there are any.
        """
        return await self._model(models.UploadOut, Call("PUT", f"/v1/uploads/{segment(upload_id)}/reading", body=body))

    async def try_it_upload_trials(
        self, upload_id: UUID | str, body: models.TrialIn | Mapping[str, Any], *, idempotency_key: str | None = None
    ) -> models.JobOut:
        """Research up to three rows of your choosing, free: a job of kind `trial`, whose rows are read like any job's.

        A list made from the upload keeps what was tried with the same wishes, and does not charge those rows again. 429
        `trial_limit` says when more can be tried. The same Idempotency-Key answers with the same trial.
        """
        return await self._model(
            models.JobOut,
            Call("POST", f"/v1/uploads/{segment(upload_id)}/trials", body=body, key=idempotency_key or new_key()),
        )

    async def workspace_usage(self, *, from_: date | None = None, to: date | None = None) -> models.UsagePageOut:
        """What the workspace's rows took, by UTC day, also those of deleted jobs: lists, retries and trials.

        422 `days_reversed` when `from` is after `to`, `too_many_days` for more than 366.
        """
        return await self._model(models.UsagePageOut, Call("GET", "/v1/usage", query={"from": from_, "to": to}))

    async def list_webhook_events(self) -> models.WebhookEventsOut:
        """What webhooks can tell of: each type with the JSON schema of its messages and an example."""
        return await self._model(models.WebhookEventsOut, Call("GET", "/v1/webhook-events"))

    async def list_webhooks(self, *, cursor: UUID | str | None = None, limit: int | None = None) -> models.WebhookPage:
        """The workspace's webhooks, newest first."""
        return await self._model(
            models.WebhookPage, Call("GET", "/v1/webhooks", query={"cursor": cursor, "limit": limit})
        )

    async def post_webhook(
        self, body: models.NewWebhook | Mapping[str, Any], *, idempotency_key: str | None = None
    ) -> models.MadeWebhookOut:
        """Have messages sent to a URL, signed by the secret in the answer, which is shown now and never again.

        Messages are those of Standard Webhooks: check `webhook-signature`, and go by `webhook-id` to tell repetitions. What is not
        answered with 2xx within 15 s is tried again for three days. Repeated with its Idempotency-Key it answers with the same
        webhook and `secret: null`: where the answer was lost, rotate the secret.

        422 `url_refused`; 409 `too_many_endpoints`, `sealing_off`, `idempotency_key_reused`.
        """
        return await self._model(
            models.MadeWebhookOut, Call("POST", "/v1/webhooks", body=body, key=idempotency_key or new_key())
        )

    async def get_webhook(self, webhook_id: UUID | str) -> models.WebhookOut:
        """404 `webhook_not_found`."""
        return await self._model(models.WebhookOut, Call("GET", f"/v1/webhooks/{segment(webhook_id)}"))

    async def patch_webhook(
        self, webhook_id: UUID | str, body: models.WebhookChange | Mapping[str, Any]
    ) -> models.WebhookOut:
        """Change where it leads, what it hears of, or switch it off and on. What waits for one that is off is kept for three days;
        what happens while it is off is not told later.

        404 `webhook_not_found`; 422 `url_refused`.
        """
        return await self._model(models.WebhookOut, Call("PATCH", f"/v1/webhooks/{segment(webhook_id)}", body=body))

    async def remove_webhook(self, webhook_id: UUID | str) -> None:
        """With its log and whatever waits for it. 404 `webhook_not_found`."""
        await self._nothing(Call("DELETE", f"/v1/webhooks/{segment(webhook_id)}"))

    async def list_webhook_deliveries(
        self,
        webhook_id: UUID | str,
        *,
        state: Literal["waiting", "sending", "delivered", "given_up"] | None = None,
        event: Literal[
            "job.paused",
            "job.parked",
            "job.resumed",
            "job.completed",
            "job.failed",
            "job.cancelled",
            "sourcing.ended",
            "campaign.started",
            "campaign.finished",
            "emails.sent",
            "email.failed",
            "email.unknown",
            "mailbox.paused",
            "credits.low",
            "subscription.changed",
            "payment.failed",
            "top_up.turned",
        ]
        | Literal["webhook.test"]
        | None = None,
        cursor: UUID | str | None = None,
        limit: int | None = None,
    ) -> models.DeliveryPage:
        """What was sent there within the last 30 days and what came of it, newest first. 404 `webhook_not_found`."""
        return await self._model(
            models.DeliveryPage,
            Call(
                "GET",
                f"/v1/webhooks/{segment(webhook_id)}/deliveries",
                query={"state": state, "event": event, "cursor": cursor, "limit": limit},
            ),
        )

    async def redeliver_webhook_delivery(
        self, webhook_id: UUID | str, delivery_id: UUID | str, *, idempotency_key: str | None = None
    ) -> models.DeliveryOut:
        """Send it again now, under the same `webhook-id`, and try for three days anew.

        404 `webhook_not_found`, `delivery_not_found`; 409 `webhook_disabled`, `delivery_under_way`.
        """
        return await self._model(
            models.DeliveryOut,
            Call(
                "POST",
                f"/v1/webhooks/{segment(webhook_id)}/deliveries/{segment(delivery_id)}/redeliver",
                key=idempotency_key or new_key(),
            ),
        )

    async def rotate_secret_webhook(
        self, webhook_id: UUID | str, *, idempotency_key: str | None = None
    ) -> models.MadeWebhookOut:
        """A fresh secret, shown this once. For 24 hours messages carry a signature by each, the fresh and the one before it.

        Repeated with its Idempotency-Key it rotates nothing and answers `secret: null`.

        404 `webhook_not_found`; 409 `sealing_off`, `idempotency_key_reused`.
        """
        return await self._model(
            models.MadeWebhookOut,
            Call("POST", f"/v1/webhooks/{segment(webhook_id)}/rotate-secret", key=idempotency_key or new_key()),
        )

    async def send_test_webhook(
        self, webhook_id: UUID | str, *, idempotency_key: str | None = None
    ) -> models.DeliveryOut:
        """Send a `webhook.test` there: look at what came of it in the log. 404 `webhook_not_found`; 409 `webhook_disabled`."""
        return await self._model(
            models.DeliveryOut,
            Call("POST", f"/v1/webhooks/{segment(webhook_id)}/test", key=idempotency_key or new_key()),
        )

    async def get_workspace(self) -> models.WorkspaceOut:
        """The workspace that you work in; its version is the `ETag`."""
        return await self._model(models.WorkspaceOut, Call("GET", "/v1/workspace"))

    async def patch_workspace(
        self, body: models.WorkspaceChange | Mapping[str, Any], *, if_match: str | None = None
    ) -> models.WorkspaceOut:
        """Another name, or another day (owners and admins). 412 `workspace_changed` when `If-Match` is no longer its `ETag`;
        422 `time_zone_unknown`, `if_match_malformed`.
        """
        return await self._model(
            models.WorkspaceOut, Call("PATCH", "/v1/workspace", body=body, headers={"if-match": if_match})
        )

    async def delete_workspace(self, *, name: str) -> models.DeletedWorkspace:
        """Delete the workspace with all that is in it (owners). `name` is its exact name, so that nobody does it by mistake.

        Nobody gets in any more when this answers; its subscription is cancelled, its jobs and campaigns stop, and everything is
        erased within minutes: you get a mail when it is. It cannot be undone: export it first (`GET /v1/workspace/export`).
        422 `name_not_confirmed`; 403 `owners_only`, also for whoever has deleted it already.
        """
        return await self._model(models.DeletedWorkspace, Call("DELETE", "/v1/workspace", query={"name": name}))

    def get_workspace_export(self) -> Download:
        """Everything that there is of the workspace, but for its secrets, as a ZIP archive (owners): a line of JSON for each row,
        the uploads as they came, and last a `manifest.json` with how many rows there are.

        It is written while it is read. One that breaks off has no manifest, and no list of its files: programs say that it is
        damaged; ask again. It has an hour. 429 `export_under_way` while another of the workspace is read, `too_many_exports` while
        others' are; 503 `service_unavailable` where a service is away at the beginning.
        """
        return self._file(Call("GET", "/v1/workspace/export"))

    async def delete_workspace_membership(self) -> None:
        """Leave the workspace. 409 `last_owner`, `only_workspace`."""
        await self._nothing(Call("DELETE", "/v1/workspace/membership"))

    async def put_workspace_owner(self, body: models.NewOwner | Mapping[str, Any]) -> None:
        """Hand the workspace to another member (owners): they own it then, and you are an admin. 404 `member_not_found`."""
        await self._nothing(Call("PUT", "/v1/workspace/owner", body=body))

    async def list_workspaces(
        self, *, cursor: UUID | str | None = None, limit: int | None = None
    ) -> models.WorkspacePage:
        """The workspaces that you are a member of. Name one in `X-Workspace-Id` to work in it."""
        return await self._model(
            models.WorkspacePage, Call("GET", "/v1/workspaces", query={"cursor": cursor, "limit": limit})
        )

    async def post_workspace(
        self, body: models.NewWorkspace | Mapping[str, Any], *, idempotency_key: str | None = None
    ) -> models.WorkspaceOut:
        """One more workspace, which you own. 422 `time_zone_unknown`; 409 `too_many_workspaces`, `idempotency_key_reused`."""
        return await self._model(
            models.WorkspaceOut, Call("POST", "/v1/workspaces", body=body, key=idempotency_key or new_key())
        )
