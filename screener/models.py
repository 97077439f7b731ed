"""The only thing that the site counts: how many reports a day ended in which outcome, by state."""

from django.db import models


class Tally(models.Model):
    day = models.DateField()
    state = models.CharField(max_length=2)
    outcome = models.CharField(max_length=20)
    count = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name_plural = "tallies"
        constraints = [models.UniqueConstraint(fields=["day", "state", "outcome"], name="one_tally")]

    def __str__(self) -> str:
        return f"{self.day} {self.state} {self.outcome}: {self.count}"
