"""What is published: immutable documents, whole per jurisdiction. The site reasons from them alone."""

from typing import Any, NoReturn

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

NOT_REVIEWED = "researched, not yet reviewed by an attorney"


class Unchangeable(TypeError):
    """Someone tried to change or delete what was published. To roll back, publish an earlier document again."""


class PublicationQuerySet(models.QuerySet["Publication"]):
    def latest_of(self, code: str) -> "Publication | None":
        return self.filter(code=code).order_by("-number").first()

    def current(self) -> "PublicationQuerySet":
        """The latest publication of every code."""
        newer = Publication.objects.filter(code=models.OuterRef("code"), number__gt=models.OuterRef("number"))
        return self.filter(~models.Exists(newer))

    def update(self, **kwargs: Any) -> NoReturn:
        raise Unchangeable("a publication cannot be changed")

    def bulk_update(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise Unchangeable("a publication cannot be changed")

    def delete(self) -> NoReturn:
        raise Unchangeable("a publication cannot be deleted")


class Publication(models.Model):
    """``code`` is a jurisdiction's ("AZ", "US"), or ``collection-AZ``, ``federal``, ``options``."""

    code = models.CharField(_("code"), max_length=20)
    number = models.PositiveIntegerField(_("number"))
    published_at = models.DateTimeField(_("published"), default=timezone.now)
    digest = models.CharField(_("digest"), max_length=64)
    document = models.JSONField(_("document"))
    text = models.TextField(_("file text"))
    note = models.CharField(_("note"), max_length=500, blank=True)
    reviewed_by = models.CharField(_("reviewed by"), max_length=200, default=NOT_REVIEWED)

    objects = PublicationQuerySet.as_manager()

    class Meta:
        ordering = ("code", "-number")
        constraints = (models.UniqueConstraint(fields=("code", "number"), name="one_publication_a_number"),)
        verbose_name = _("publication")
        verbose_name_plural = _("publications")

    def __str__(self) -> str:
        return f"{self.code} {self.number}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise Unchangeable(f"publication {self} cannot be changed")
        kwargs["force_insert"] = True
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise Unchangeable(f"publication {self} cannot be deleted")
