from django.apps import AppConfig


class StateLawConfig(AppConfig):
    name = "statelaw"
    verbose_name = "State law"

    def ready(self) -> None:
        from . import checks  # noqa: F401 (registers itself)
