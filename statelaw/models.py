"""The law in the database: what is published, the editors' drafts, the law's own tests, and what readers report.

A publication is immutable: the site reasons from publications alone. A draft is rows: one :class:`JurisdictionDraft`
for every jurisdiction, always there, equal to the latest publication until somebody edits it (:mod:`statelaw.drafts`
turns rows into the law document and back).
"""

from typing import Any, NoReturn

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from .fields import KeptJSON

NOT_REVIEWED = "researched, not yet reviewed by an attorney"
BY_EDITORS = "checked by our editors"
BY_ATTORNEY = "reviewed by a licensed attorney in this state"


class Unchangeable(TypeError):
    """Someone tried to change or delete what was published. To roll back, publish an earlier document again."""


# --- what is published -----------------------------------------------------------------------------------------------


class PublicationQuerySet(models.QuerySet["Publication"]):
    def latest_of(self, code: str) -> "Publication | None":
        """The newest publication of a code that was not withdrawn, in force already or still scheduled."""
        return self.newest().filter(code=code).first()

    def next_number(self, code: str) -> int:
        """Numbers go on over those withdrawn, too."""
        return (self.filter(code=code).aggregate(models.Max("number"))["number__max"] or 0) + 1

    def newest(self) -> "PublicationQuerySet":
        """The newest of every code that was not withdrawn, in force already or still scheduled."""
        standing = self.filter(withdrawal__isnull=True)
        newer = Publication.objects.filter(
            code=models.OuterRef("code"), number__gt=models.OuterRef("number"), withdrawal__isnull=True
        )
        return standing.filter(~models.Exists(newer))

    def live(self) -> "PublicationQuerySet":
        """Those whose day has come and that were not withdrawn before it, by the database's clock: many hosts, one
        time."""
        return self.filter(live_at__lte=Now(), withdrawal__isnull=True)

    def current(self) -> "PublicationQuerySet":
        """The publication in force of every code: of those that are live, the one with the highest number."""
        newer = Publication.objects.live().filter(code=models.OuterRef("code"), number__gt=models.OuterRef("number"))
        return self.live().filter(~models.Exists(newer))

    def scheduled(self) -> "PublicationQuerySet":
        """Those that will still go live: not withdrawn, and no later publication will be in force by then."""
        stronger = Publication.objects.filter(
            code=models.OuterRef("code"),
            number__gt=models.OuterRef("number"),
            live_at__lte=models.OuterRef("live_at"),
            withdrawal__isnull=True,
        )
        return self.filter(~models.Exists(stronger), live_at__gt=Now(), withdrawal__isnull=True)

    def update(self, **kwargs: Any) -> NoReturn:
        raise Unchangeable("a publication cannot be changed")

    def bulk_update(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise Unchangeable("a publication cannot be changed")

    def delete(self) -> NoReturn:
        raise Unchangeable("a publication cannot be deleted")


class Kept(models.Model):
    """A row that is written once: never changed, never deleted, in the database too (by triggers)."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise Unchangeable(f"{self._meta.verbose_name} {self} cannot be changed")
        kwargs["force_insert"] = True
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise Unchangeable(f"{self._meta.verbose_name} {self} cannot be deleted")


class Publication(Kept):
    """``code`` is a jurisdiction's ("AZ", "US"), or ``collection-AZ``, ``federal``, ``options``."""

    class Origin(models.TextChoices):
        FILE = "file", _("loaded from a file")
        DESK = "desk", _("published at the desk")
        ROLLBACK = "rollback", _("an earlier one, published again")

    code = models.CharField(_("code"), max_length=20)
    number = models.PositiveIntegerField(_("number"))
    published_at = models.DateTimeField(_("published"), default=timezone.now)
    live_at = models.DateTimeField(_("in force from"), default=timezone.now, db_index=True)
    digest = models.CharField(_("digest"), max_length=64)
    document = KeptJSON(_("document"))
    text = models.TextField(_("file text"))
    note = models.CharField(_("what changed"), max_length=500, blank=True)
    reviewed_by = models.CharField(_("reviewed by"), max_length=200, default=NOT_REVIEWED)
    origin = models.CharField(_("origin"), max_length=10, choices=Origin, default=Origin.FILE)
    made_by = models.CharField(_("published by"), max_length=150, blank=True)
    restores = models.PositiveIntegerField(_("publishes again number"), null=True, blank=True)
    is_alone = models.BooleanField(_("not checked by a second person"), default=False)
    failing_why = models.TextField(_("why it was published although scenarios fail"), blank=True)
    #: {provision id: {"kind": "editor" | "attorney", "on": ISO day, "name": only with consent}}
    reviews = KeptJSON(_("reviews by provision"), default=dict)
    #: [{"by": username, "kind", "at": ISO time, "note"}]: whose sign-offs of exactly this content there were
    sign_offs = KeptJSON(_("sign-offs"), default=list)

    objects = PublicationQuerySet.as_manager()

    class Meta:
        ordering = ("code", "-number")
        constraints = (models.UniqueConstraint(fields=("code", "number"), name="one_publication_a_number"),)
        verbose_name = _("publication")
        verbose_name_plural = _("publications")
        permissions = (
            ("publish", _("Can publish a draft")),
            ("roll_back", _("Can publish an earlier publication again, or withdraw a scheduled one")),
        )

    def __str__(self) -> str:
        return f"{self.code} {self.number}"

    @property
    def is_withdrawn(self) -> bool:
        return hasattr(self, "withdrawal")


class Withdrawal(Kept):
    """A scheduled publication that shall not go live after all."""

    publication = models.OneToOneField(Publication, on_delete=models.PROTECT, related_name="withdrawal")
    by = models.CharField(_("by"), max_length=150)
    at = models.DateTimeField(_("at"), default=timezone.now)
    why = models.CharField(_("why"), max_length=500)

    class Meta:
        verbose_name = _("withdrawal")
        verbose_name_plural = _("withdrawals")

    def __str__(self) -> str:
        return str(self.publication)


class SignOff(Kept):
    """One person's word for exactly one content of a draft: its digest. Any later edit voids it."""

    class Kind(models.TextChoices):
        EDITOR = "editor", _("an editor")
        ATTORNEY = "attorney", _("an attorney licensed in this state")

    code = models.CharField(_("code"), max_length=20)
    digest = models.CharField(_("digest"), max_length=64)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="sign_offs")
    at = models.DateTimeField(_("at"), default=timezone.now)
    kind = models.CharField(_("signed as"), max_length=10, choices=Kind, default=Kind.EDITOR)
    public_name = models.CharField(_("name to show to readers"), max_length=200, blank=True)
    #: {provision id: digest of the provision}: the rules that were read against their sources.
    provisions = KeptJSON(_("rules checked"), default=dict)
    note = models.TextField(_("note"), max_length=2000, blank=True)

    class Meta:
        ordering = ("-at", "-pk")
        verbose_name = _("sign-off")
        verbose_name_plural = _("sign-offs")
        permissions = (("sign_off", _("Can sign off a draft")),)

    def __str__(self) -> str:
        return f"{self.code} {self.digest[:8]}"


class Licence(models.Model):
    """That a person is an attorney licensed in a state, as an administrator has made sure: who may sign as one."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="licences")
    code = models.CharField(_("state"), max_length=2)
    number = models.CharField(_("number, or how it was made sure"), max_length=200)
    history = HistoricalRecords()

    class Meta:
        ordering = ("user", "code")
        constraints = (models.UniqueConstraint(fields=("user", "code"), name="one_licence_a_state"),)
        verbose_name = _("licence")
        verbose_name_plural = _("licences")

    def __str__(self) -> str:
        return f"{self.user} {self.code}"


# --- drafts -----------------------------------------------------------------------------------------------------------


class Row(models.Model):
    """A row whose whole history is kept: who, when, what, why (``_change_reason``)."""

    history = HistoricalRecords(inherit=True, history_change_reason_field=models.TextField(null=True))

    class Meta:
        abstract = True


class Edited(Row):
    """A row that editors change. ``version`` rises with every save, so that a second editor is told. ``edited_by`` is
    whoever last edited it since it was equal to a publication (nobody: it is as published)."""

    version = models.PositiveIntegerField(default=1, editable=False)
    edited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )
    edited_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        abstract = True


class Placed(models.Model):
    """A row with a place among its siblings."""

    position = models.PositiveIntegerField(_("place"), default=0)

    class Meta:
        abstract = True
        ordering = ("position", "pk")


class Kind(models.TextChoices):
    JUDICIAL = "judicial", _("court case and sale")
    NONJUDICIAL = "nonjudicial", _("sale without a court case")
    STRICT = "strict", _("a court gives the home to the lender (strict foreclosure)")


class Unit(models.TextChoices):
    DAYS = "days", _("days")
    MONTHS = "months", _("months")
    YEARS = "years", _("years")


class Effect(models.TextChoices):
    BAR = "bar", _("Bar: the lender cannot get the rest")
    WAIVER = "waiver", _("Waiver: the lender gave up the rest")
    DUTY = "duty", _("Duty: what the lender must do first")
    DEADLINE = "deadline", _("Deadline: how long the lender has")
    CAP = "cap", _("Cap: what limits the amount")
    DEFENSE = "defense", _("Defense: what you can argue in court")
    PERMIT = "permit", _("Permit: the lender may ask for the rest")
    TOLL = "toll", _("Toll: what stops the lender’s clock")
    SUNSET = "sunset", _("Sunset: when a judgment runs out")


class Confidence(models.TextChoices):
    HIGH = "high", _("High: read in the statute or a controlling case")
    MEDIUM = "medium", _("Medium: two secondary sources agree")
    LOW = "low", _("Low: one secondary source")


class Measure(models.TextChoices):
    FAIR_VALUE = "debt_minus_fair_value", _("the debt less the home’s fair value")
    GREATER = (
        "debt_minus_greater_of_price_and_fair_value",
        _("the debt less the price or the fair value, whichever is more"),
    )
    LESSER = "lesser_of_both", _("the debt less the value, or the debt less the price, whichever is less")
    HALF = "debt_minus_price_and_half_the_gap", _("the debt less the price and half of what the value is above it")
    OTHER = "other", _("another measure, in words")


class EventOf(models.TextChoices):
    SALE = "sale", _("the sale")
    CONFIRMATION = "confirmation", _("the confirmation of the sale")
    DEED_RECORDED = "deed_recorded", _("the delivery or recording of the deed")
    END_OF_REDEMPTION = "end_of_redemption", _("the end of the time to buy the home back")
    FORECLOSURE_JUDGMENT = "foreclosure_judgment", _("the foreclosure judgment")
    CERTIFICATE_OF_TITLE = "certificate_of_title", _("the certificate of title")
    DEFICIENCY_JUDGMENT = "deficiency_judgment", _("the deficiency judgment")
    DEFAULT = "default", _("the default")
    OTHER = "other", _("another event, in words")


class EventBound(models.TextChoices):
    BEFORE_SALE = "before_sale", _("lies before the sale")
    NONE = "none", _("can lie before or after the sale")


class JurisdictionDraft(Edited):
    """One state's law as editors have it now. ``base`` is the publication that it was last equal to."""

    code = models.CharField(_("code"), max_length=2, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=200)
    reviewed = models.DateField(_("checked against its sources on"))
    gaps = KeptJSON(_("gaps"), default=list, blank=True)
    base = models.ForeignKey(Publication, on_delete=models.PROTECT, null=True, editable=False, related_name="+")
    base_digest = models.CharField(max_length=64, blank=True, editable=False)
    #: Of the document that the rows make; empty where they make none (drafts.touch).
    digest = models.CharField(max_length=64, blank=True, editable=False)

    class Meta:
        ordering = ("name",)
        verbose_name = _("state")
        verbose_name_plural = _("states")

    def __str__(self) -> str:
        return self.name

    @property
    def is_edited(self) -> bool:
        """It differs from the publication that it rests on."""
        return self.digest != self.base_digest


class ProcessDraft(Edited):
    """How homes are foreclosed in a state."""

    jurisdiction = models.OneToOneField(JurisdictionDraft, on_delete=models.CASCADE, related_name="process")
    usual = models.CharField(_("what most see"), max_length=12, choices=Kind)
    available = KeptJSON(_("ways there are"), default=list)
    summary = models.TextField(_("summary"), max_length=4000)
    #: {kind: same_case | separate_suit | either | none}
    route = KeptJSON(_("how the lender gets the judgment"), default=dict)

    class Meta:
        verbose_name = _("process")
        verbose_name_plural = _("processes")

    def __str__(self) -> str:
        return str(self.jurisdiction)


class RedemptionDraft(Row, Placed):
    """The homeowner's right to buy the home back after the sale."""

    process = models.ForeignKey(ProcessDraft, on_delete=models.CASCADE, related_name="redemption")
    after = models.CharField(_("after"), max_length=12, choices=Kind)
    count = models.PositiveIntegerField(_("how many"), help_text=_("0: until the sale is confirmed"))
    unit = models.CharField(_("unit"), max_length=6, choices=Unit)
    note = models.TextField(_("note"), max_length=4000, blank=True)
    cite = models.TextField(_("citation"), max_length=4000)

    class Meta(Placed.Meta):
        verbose_name = _("time to buy back")
        verbose_name_plural = _("times to buy back")

    def __str__(self) -> str:
        return f"{self.after} {self.count} {self.unit}"


class LimitationsDraft(Edited):
    """The fall-back time limit to sue on the note."""

    jurisdiction = models.OneToOneField(JurisdictionDraft, on_delete=models.CASCADE, related_name="limitations")
    years = models.DecimalField(_("years"), max_digits=6, decimal_places=3)
    cite = models.TextField(_("citation"), max_length=4000)
    note = models.TextField(_("note"), max_length=4000, blank=True)

    class Meta:
        verbose_name = _("general time limit")
        verbose_name_plural = _("general time limits")

    def __str__(self) -> str:
        return str(self.jurisdiction)


class QuestionDraft(Edited, Placed):
    """A fact that only one state's law turns on."""

    class Kind(models.TextChoices):
        YES_NO = "yes_no", _("yes or no")
        CHOICE = "choice", _("one of several answers")
        NUMBER = "number", _("a number")
        DATE = "date", _("a day")
        MONEY = "money", _("an amount of money")

    jurisdiction = models.ForeignKey(JurisdictionDraft, on_delete=models.CASCADE, related_name="questions")
    fact = models.CharField(_("fact"), max_length=61)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind)
    ask = models.TextField(_("question"), max_length=4000)
    usual = KeptJSON(_("usual answer"), null=True, blank=True)
    why = models.TextField(_("why it matters"), max_length=4000)
    tick = models.TextField(_("words beside the box"), max_length=4000, blank=True)

    class Meta(Placed.Meta):
        verbose_name = _("question")
        verbose_name_plural = _("questions")

    def __str__(self) -> str:
        return self.fact


class ChoiceDraft(Row, Placed):
    question = models.ForeignKey(QuestionDraft, on_delete=models.CASCADE, related_name="choices")
    value = models.CharField(_("value"), max_length=61)
    label = models.TextField(_("words"), max_length=4000)

    class Meta(Placed.Meta):
        verbose_name = _("answer")
        verbose_name_plural = _("answers")

    def __str__(self) -> str:
        return self.value


class ProvisionDraft(Edited, Placed):
    """One rule. Its document form: :class:`statelaw.document.Provision`."""

    jurisdiction = models.ForeignKey(JurisdictionDraft, on_delete=models.CASCADE, related_name="provisions")
    slug = models.CharField(_("id"), max_length=103)
    effect = models.CharField(_("effect"), max_length=8, choices=Effect)
    heading = models.TextField(_("heading"), max_length=4000)
    plain = models.TextField(_("in plain words"), max_length=4000)
    when = KeptJSON(_("applies when"), default=dict, blank=True)
    unless = KeptJSON(_("except when"), default=list, blank=True)
    cite = models.TextField(_("citation"), max_length=4000)
    sales_from = models.DateField(_("sales from"), null=True, blank=True)
    sales_to = models.DateField(_("sales up to"), null=True, blank=True)
    loans_from = models.DateField(_("loans from"), null=True, blank=True)
    loans_to = models.DateField(_("loans up to"), null=True, blank=True)
    confidence = models.CharField(_("how sure"), max_length=6, choices=Confidence)
    caveats = KeptJSON(_("what can still go wrong"), default=list, blank=True)
    measure = models.CharField(_("measure"), max_length=45, choices=Measure, blank=True)
    measure_note = models.TextField(_("the measure in words"), max_length=4000, blank=True)
    automatic = models.BooleanField(_("the court applies it unasked"), null=True, blank=True)
    ask_count = models.PositiveIntegerField(_("to be asked for within"), null=True, blank=True)
    ask_unit = models.CharField(_("unit"), max_length=6, choices=Unit, blank=True)
    ask_of = models.CharField(_("counted from"), max_length=20, choices=EventOf, blank=True)
    ask_event = models.TextField(_("that event in words"), max_length=4000, blank=True)
    ask_event_bound = models.CharField(_("that event"), max_length=11, choices=EventBound, blank=True)
    within_count = models.PositiveIntegerField(_("within"), null=True, blank=True)
    within_unit = models.CharField(_("unit"), max_length=6, choices=Unit, blank=True)
    of = models.CharField(_("counted from"), max_length=20, choices=EventOf, blank=True)
    event = models.TextField(_("that event in words"), max_length=4000, blank=True)
    event_bound = models.CharField(_("that event"), max_length=11, choices=EventBound, blank=True)
    action = models.TextField(_("what the lender must do"), max_length=4000, blank=True)
    tick = models.TextField(_("words beside the box"), max_length=4000, blank=True)
    after_judgment = models.BooleanField(_("still settles once there is a judgment"), default=False)
    unsettles_state_law = models.BooleanField(_("state rules may not bind this federal lender"), default=False)
    #: When somebody last held this rule against its sources. Not part of the document.
    checked = models.DateField(_("last checked"), null=True, blank=True)

    class Meta(Placed.Meta):
        verbose_name = _("rule")
        verbose_name_plural = _("rules")

    def __str__(self) -> str:
        return self.heading or self.slug


class SourceDraft(Row, Placed):
    """Where a rule, a process or a general time limit was read."""

    class Kind(models.TextChoices):
        STATUTE = "statute", _("statute")
        CASE = "case", _("case")
        COURT_RULE = "court_rule", _("court rule")
        OFFICIAL = "official", _("official page")
        SECONDARY = "secondary", _("secondary source")

    provision = models.ForeignKey(
        ProvisionDraft, on_delete=models.CASCADE, null=True, blank=True, related_name="sources"
    )
    process = models.ForeignKey(ProcessDraft, on_delete=models.CASCADE, null=True, blank=True, related_name="sources")
    limitations = models.ForeignKey(
        LimitationsDraft, on_delete=models.CASCADE, null=True, blank=True, related_name="sources"
    )
    url = models.CharField(_("address"), max_length=600)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    supports = models.TextField(_("what it supports"), max_length=4000)

    class Meta(Placed.Meta):
        verbose_name = _("source")
        verbose_name_plural = _("sources")

    def __str__(self) -> str:
        return self.url


class LoadedFile(models.Model):
    """A law file that came in beside a draft: held to be compared, taken as the draft, or dropped."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("waiting")
        TAKEN = "taken", _("taken as the draft")
        DROPPED = "dropped", _("dropped")

    code = models.CharField(_("code"), max_length=20)
    text = models.TextField(_("file text"))
    document = KeptJSON(_("document"))
    digest = models.CharField(max_length=64)
    at = models.DateTimeField(_("at"), default=timezone.now)
    by = models.CharField(_("by"), max_length=150, blank=True)
    note = models.CharField(_("note"), max_length=500, blank=True)
    status = models.CharField(_("status"), max_length=8, choices=Status, default=Status.WAITING)
    history = HistoricalRecords()

    class Meta:
        ordering = ("-at", "-pk")
        verbose_name = _("loaded file")
        verbose_name_plural = _("loaded files")

    def __str__(self) -> str:
        return f"{self.code} {self.at:%Y-%m-%d %H:%M}"


# --- the law's own tests ---------------------------------------------------------------------------------------------


class Scenario(Edited):
    """Facts in, outcome and citation out. ``code`` is the file that it belongs to ("US" for the federal layer's),
    ``state`` the jurisdiction in which it is reasoned. The case is in the form of :mod:`statelaw.casefile`."""

    code = models.CharField(_("belongs to"), max_length=2)
    state = models.CharField(_("state"), max_length=2)
    name = models.CharField(_("name"), max_length=120)
    why = models.TextField(_("why"), max_length=2000)
    source = models.TextField(_("source"), max_length=2000, blank=True)
    #: stage, facts, money, dates, lender_acted, acted, asked, sued, skipped: what stands in the case.
    given = KeptJSON(_("what is known"), default=dict)
    #: outcome, exposure, cites
    expect = KeptJSON(_("what must follow"), default=dict)
    #: Digest of the scenario as a file last gave it: load_scenarios leaves rows alone that were edited since.
    loaded_digest = models.CharField(max_length=64, blank=True, editable=False)

    class Meta:
        ordering = ("code", "pk")
        constraints = (models.UniqueConstraint(fields=("code", "name"), name="one_scenario_a_name"),)
        verbose_name = _("scenario")
        verbose_name_plural = _("scenarios")

    def __str__(self) -> str:
        return self.name

    @property
    def case(self) -> dict[str, Any]:
        """As a scenario file writes it."""
        return {"name": self.name, "why": self.why, "state": self.state, **self.given, "expect": self.expect}


class ImpactRun(models.Model):
    """What a change does, worked out once for a pair of contents and kept while it may be asked for again."""

    key = models.CharField(max_length=64, unique=True)
    code = models.CharField(max_length=2)
    started_at = models.DateTimeField(default=timezone.now)
    beat_at = models.DateTimeField(default=timezone.now)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    result = KeptJSON(null=True)
    error = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"{self.code} {self.key[:8]}"


# --- what readers report ----------------------------------------------------------------------------------------------


class ReaderNote(models.Model):
    """Something wrong or out of date, as a reader saw it. Nothing about the reader is kept."""

    class Status(models.TextChoices):
        OPEN = "open", _("open")
        DONE = "done", _("done")

    class Page(models.TextChoices):
        LAW = "law", _("a rule on the law page")
        REPORT = "report", _("a report")

    code = models.CharField(_("state"), max_length=2)
    provision = models.CharField(_("rule"), max_length=103, blank=True)
    publication = models.PositiveIntegerField(_("publication"), default=0)
    federal_publication = models.PositiveIntegerField(_("federal publication"), default=0)
    page = models.CharField(_("seen on"), max_length=6, choices=Page)
    text = models.TextField(_("note"), max_length=1000)
    at = models.DateTimeField(_("at"), default=timezone.now)
    status = models.CharField(_("status"), max_length=4, choices=Status, default=Status.OPEN)
    answer = models.TextField(_("what was done"), max_length=2000, blank=True)
    history = HistoricalRecords()

    class Meta:
        ordering = ("status", "-at")
        verbose_name = _("reader’s note")
        verbose_name_plural = _("readers’ notes")

    def __str__(self) -> str:
        return self.text[:60]


# --- what reviewers object to -----------------------------------------------------------------------------------------


class ReviewNote(models.Model):
    """A draft sent back: what a reviewer objects to, said without signing. It stands open, through later edits, until
    somebody says what was done about it."""

    code = models.CharField(_("state"), max_length=2)
    provision = models.CharField(_("rule"), max_length=103, blank=True)
    #: Of the draft that the reviewer read; empty where its rows made no document.
    digest = models.CharField(_("digest"), max_length=64, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="review_notes")
    at = models.DateTimeField(_("at"), default=timezone.now)
    text = models.TextField(_("note"), max_length=2000)
    status = models.CharField(_("status"), max_length=4, choices=ReaderNote.Status, default=ReaderNote.Status.OPEN)
    answer = models.TextField(_("what was done"), max_length=2000, blank=True)
    history = HistoricalRecords()

    class Meta:
        ordering = ("-status", "-at", "-pk")  # the open ones first
        verbose_name = _("review note")
        verbose_name_plural = _("review notes")

    def __str__(self) -> str:
        return self.text[:60]
