from django.apps import AppConfig


class StateLawConfig(AppConfig):
    name = "statelaw"
    verbose_name = "State law"
