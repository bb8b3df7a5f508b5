"""Customers, prices, checkouts, subscriptions, entitlements."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_TABLES = (
    "stripe_customers",
    "stripe_prices",
    "stripe_checkouts",
    "subscriptions",
    "subscription_switches",
    "stripe_portals",
    "entitlements",
)


def upgrade() -> None:
    op.execute("CREATE SEQUENCE billing.stripe_fetches")
    _create_stripe_customers()
    _create_stripe_prices()
    _create_stripe_checkouts()
    _create_subscriptions()
    _create_subscription_switches()
    _create_stripe_portals()
    _create_entitlements()


def _create_stripe_customers() -> None:
    op.create_table(
        "stripe_customers",
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("realm", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("realm IN ('live', 'test', 'sandbox')", name=op.f("ck_stripe_customers_realm")),
        sa.PrimaryKeyConstraint("workspace_id", "realm", name=op.f("pk_stripe_customers")),
        sa.UniqueConstraint("customer_id", name=op.f("uq_stripe_customers_customer_id")),
        schema="billing",
    )


def _create_stripe_prices() -> None:
    op.create_table(
        "stripe_prices",
        sa.Column("price_id", sa.Text(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("unit_amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("interval", sa.Text(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("live", sa.Boolean(), nullable=False),
        sa.Column("fault", sa.Text(), nullable=True),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("interval IN ('month', 'year')", name=op.f("ck_stripe_prices_interval")),
        sa.CheckConstraint("unit_amount_minor >= 0", name=op.f("ck_stripe_prices_none_negative")),
        sa.PrimaryKeyConstraint("price_id", name=op.f("pk_stripe_prices")),
        schema="billing",
    )


def _create_stripe_checkouts() -> None:
    op.create_table(
        "stripe_checkouts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("realm", sa.Text(), nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("price_id", sa.Text(), nullable=False),
        sa.Column("trial_days", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("session_id", sa.Text(), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("realm IN ('live', 'test', 'sandbox')", name=op.f("ck_stripe_checkouts_realm")),
        sa.CheckConstraint(
            "state <> 'open' OR (session_id IS NOT NULL AND url IS NOT NULL)", name=op.f("ck_stripe_checkouts_open")
        ),
        sa.CheckConstraint("state IN ('asked', 'open', 'closed')", name=op.f("ck_stripe_checkouts_state")),
        sa.CheckConstraint("quantity > 0 AND trial_days >= 0", name=op.f("ck_stripe_checkouts_numbers")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stripe_checkouts")),
        sa.UniqueConstraint("session_id", name=op.f("uq_stripe_checkouts_session_id")),
        sa.UniqueConstraint(
            "workspace_id", "idempotency_key", name=op.f("uq_stripe_checkouts_workspace_id_idempotency_key")
        ),
        schema="billing",
    )
    op.create_index(
        "uq_stripe_checkouts_plan",
        "stripe_checkouts",
        ["workspace_id", "realm"],
        unique=True,
        schema="billing",
        postgresql_where=sa.text("state <> 'closed' AND item NOT LIKE 'pack%'"),
    )


def _create_subscriptions() -> None:
    op.create_table(
        "subscriptions",
        sa.Column("subscription_id", sa.Text(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("realm", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("price_id", sa.Text(), nullable=False),
        sa.Column("item_id", sa.Text(), nullable=False),
        sa.Column("plan", sa.Text(), nullable=True),
        sa.Column("interval", sa.Text(), nullable=True),
        sa.Column("period_starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("period_ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("trial_starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("trial_ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancels_at_period_end", sa.Boolean(), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("schedule_id", sa.Text(), nullable=True),
        sa.Column("pending_plan", sa.Text(), nullable=True),
        sa.Column("pending_interval", sa.Text(), nullable=True),
        sa.Column("pending_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dunning_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("pay_url", sa.Text(), nullable=True),
        sa.Column("told_invoice_id", sa.Text(), nullable=True),
        sa.Column("told_attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("fetch_no", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("realm IN ('live', 'test', 'sandbox')", name=op.f("ck_subscriptions_realm")),
        sa.PrimaryKeyConstraint("subscription_id", name=op.f("pk_subscriptions")),
        schema="billing",
    )
    op.create_index(
        "ix_subscriptions_dunning",
        "subscriptions",
        ["dunning_since"],
        unique=False,
        schema="billing",
        postgresql_where=sa.text("status = 'past_due'"),
    )
    op.create_index(
        "ix_subscriptions_workspace_id", "subscriptions", ["workspace_id", "realm"], unique=False, schema="billing"
    )


def _create_subscription_switches() -> None:
    op.create_table(
        "subscription_switches",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("subscription_id", sa.Text(), nullable=False),
        sa.Column("from_price_id", sa.Text(), nullable=False),
        sa.Column("to_price_id", sa.Text(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("starts", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("starts IN ('now', 'period_end')", name=op.f("ck_subscription_switches_starts")),
        sa.CheckConstraint("state IN ('asked', 'done', 'left')", name=op.f("ck_subscription_switches_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscription_switches")),
        schema="billing",
    )
    op.create_index(
        "uq_subscription_switches_asked",
        "subscription_switches",
        ["subscription_id"],
        unique=True,
        schema="billing",
        postgresql_where=sa.text("state = 'asked'"),
    )


def _create_stripe_portals() -> None:
    op.create_table(
        "stripe_portals",
        sa.Column("realm", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("configuration_id", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("realm IN ('live', 'test', 'sandbox')", name=op.f("ck_stripe_portals_realm")),
        sa.PrimaryKeyConstraint("realm", "fingerprint", name=op.f("pk_stripe_portals")),
        schema="billing",
    )


def _create_entitlements() -> None:
    op.create_table(
        "entitlements",
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("rows_per_job", sa.Integer(), nullable=True),
        sa.Column("concurrent_jobs", sa.Integer(), nullable=True),
        sa.Column("mailboxes", sa.Integer(), nullable=True),
        sa.Column("members", sa.Integer(), nullable=True),
        sa.Column("api_requests_per_minute", sa.Integer(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "rows_per_job >= 0 AND concurrent_jobs >= 0 AND mailboxes >= 0 AND members >= 0"
            " AND api_requests_per_minute >= 0",
            name=op.f("ck_entitlements_none_negative"),
        ),
        sa.CheckConstraint("version > 0", name=op.f("ck_entitlements_version")),
        sa.PrimaryKeyConstraint("workspace_id", name=op.f("pk_entitlements")),
        schema="billing",
    )
    op.create_index("ix_entitlements_plan", "entitlements", ["plan"], unique=False, schema="billing")


def downgrade() -> None:
    for name in reversed(_TABLES):
        op.drop_table(name, schema="billing")
    op.execute("DROP SEQUENCE billing.stripe_fetches")
