"""The template that every workspace begins with."""

from services.sender.domain.templates import TemplateSource

DEFAULT_TEMPLATE = TemplateSource(
    subject="{% if company %}A thought about {{ company }}{% else %}A quick thought{% endif %}",
    # A line that speaks to the person by name is its own greeting.
    text_body="""\
{% if not first_name or first_name not in line %}Hi {{ first_name or "there" }},

{% endif %}{{ line }}

Would a short call next week suit you?

Best regards
{{ sender_name }}

--
{{ postal_address }}
To hear no more from us: {{ unsubscribe_url }}
""",
    html_body="""\
{% if not first_name or first_name not in line %}<p>Hi {{ first_name or "there" }},</p>
{% endif %}<p>{{ line }}</p>
<p>Would a short call next week suit you?</p>
<p>Best regards<br>{{ sender_name }}</p>
<hr>
<p><small>{{ postal_address }}<br><a href="{{ unsubscribe_url }}">Unsubscribe</a></small></p>
""",
)
