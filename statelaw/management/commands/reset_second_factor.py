"""For the administrator who lost phone and recovery codes: ``manage.py reset_second_factor NAME``."""

from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from statelaw.desk import second_factor


class Command(BaseCommand):
    help = "Takes somebody's second factor away and ends their sessions; they set up a new one when they sign in next."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("username")

    def handle(self, *args: Any, **options: Any) -> None:
        user = get_user_model().objects.filter(username=options["username"]).first()
        if user is None:
            raise CommandError(f"There is nobody with the user name {options['username']!r}.")
        second_factor.forget(user, user, "Reset the second factor from the command line and ended all sessions.")
        self.stdout.write(f"The second factor of {user.get_username()} is reset.")
