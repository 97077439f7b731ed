"""Addresses of the desk's pages, for templates and views."""

from importlib import import_module
from typing import Any

from django.contrib.admin import AdminSite
from django.urls import NoReverseMatch, reverse


def address(name: str, *args: Any) -> str:
    """The address of a page of the desk ("statelaw_state", "AZ"), or nothing where there is no such page."""
    try:
        return reverse(f"admin:{name}", args=args)
    except NoReverseMatch:
        return ""


def urls_of(admin_site: AdminSite, *modules: str) -> list[Any]:
    """The addresses that modules of the desk's package bring along."""
    found: list[Any] = []
    for name in modules:
        path = f"{__package__}.{name}"
        try:
            module = import_module(path)
        except ModuleNotFoundError as error:
            if error.name != path:
                raise
            continue
        found += module.urls(admin_site) if hasattr(module, "urls") else []
    return found
