"""The one-machine stack: a private Postgres and RabbitMQ, the services as child processes, and nothing of the system's."""
