"""Ingest's settings: what every service has, where files lie, and how large they may be."""

from pydantic import Field, SecretStr

from libs.common.settings import CommonSettings, database_url_field
from services.ingest.clients.accounts import Account, apollo_account

GIB = 1024 * 1024 * 1024


class IngestSettings(CommonSettings):
    """Read from the environment, checked at start."""

    service: str = "ingest"
    database_url: str = database_url_field("INGEST")
    storage_url: str = Field(description="file:///folder, or s3://bucket?endpoint=…&region=…")
    max_upload_bytes: int = Field(default=GIB, ge=1)
    resumable_upload_hours: int = Field(default=24, ge=1)
    unused_upload_days: int = Field(default=30, ge=0)
    job_retention_days: int = Field(default=0, ge=0)
    trial_rows_per_day: int = Field(default=30, ge=0)
    reading_memory_bytes: int = Field(default=3 * GIB // 2, ge=128 * 1024 * 1024)
    reading_cpu_seconds: int = Field(default=600, ge=1)
    download_link_minutes: int = Field(default=15, ge=1, le=1440)
    export_memory_bytes: int = Field(default=GIB, ge=128 * 1024 * 1024)
    max_text_chars: int = Field(default=1_000_000_000, ge=1000)
    apollo_api_key: SecretStr = SecretStr("")
    apollo_base_url: str = "https://api.apollo.io/api/v1"

    @property
    def apollo(self) -> Account:
        """The account that leads are sourced from: the sandbox's where there is no key and SANDBOX_URL is set."""
        return apollo_account(key=self.apollo_api_key, base_url=self.apollo_base_url, sandbox_url=self.sandbox_url)
