"""Law in and out as files: a YAML file becomes the draft or waits beside it to be compared; a draft goes out as one."""

from __future__ import annotations

import re
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import InMemoryUploadedFile
from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, re_path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from .. import drafts, publish
from ..document import Jurisdiction, LawError, Mistake, digest, plain_data, read_yaml_leniently
from ..models import JurisdictionDraft, LoadedFile, Publication
from ..yaml_text import to_yaml
from .notes import StateFilter
from .past import KeepsHistory
from .states import CODE, WhyForm

#: The largest law file has 56 kB.
MOST_BYTES = 200 * 1024


# --- in --------------------------------------------------------------------------------------------------------------


class SmallFile(MemoryFileUploadHandler):
    """Takes one small file into memory; nothing is ever written to disk."""

    def handle_raw_input(self, *args: Any, **kwargs: Any) -> None:
        self.activated = True
        self.taken = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.taken += len(raw_data)
        if self.taken <= MOST_BYTES + self.chunk_size:  # enough to know that it is too large
            self.file.write(raw_data)

    def file_complete(self, file_size: int) -> InMemoryUploadedFile | None:
        self.file.seek(0)
        return InMemoryUploadedFile(
            self.file, self.field_name, self.file_name, self.content_type, file_size, self.charset
        )


class ImportForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("A file"),
        required=False,
        help_text=gettext_lazy("A state’s law as YAML, such as AZ.yaml: at most 200 kB."),
        widget=forms.FileInput(attrs={"accept": ".yaml,.yml,application/yaml,text/yaml,text/plain"}),
    )
    text = forms.CharField(
        label=gettext_lazy("Or its text"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 16, "spellcheck": "false", "class": "desk-code"}),
    )
    why = forms.CharField(
        label=gettext_lazy("What does this file change, and why?"),
        max_length=400,
        help_text=gettext_lazy("Kept in the history."),
    )

    def __init__(self, *args: Any, state: str = "", **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.state = state
        self.mistakes: list[Mistake] = []
        self.document: Jurisdiction | None = None

    def clean(self) -> None:
        text = self._given()
        if text is None:
            return
        if self.data.get("text") != text:  # kept in the page, so that it can be mended there
            self.data = {**self.data.dict(), "text": text}  # type: ignore[attr-defined]
        try:
            self.document = self._read(text)
        except LawError as error:
            self.mistakes = list(error.mistakes)
            self.add_error("text", _("The file has mistakes; they are listed above. Nothing was taken over."))
        self.cleaned_data["text"] = text

    def _given(self) -> str | None:
        found = self.cleaned_data.get("file")
        if not found:
            text: str = self.cleaned_data.get("text") or ""
            if not text.strip() and "file" not in self.errors:
                self.add_error("file", _("Choose a file, or put its text below."))
            elif len(text.encode(errors="replace")) > MOST_BYTES:
                self.add_error("text", _("This is more than 200 kB."))
            return text if text.strip() and not self.errors.get("text") else None
        raw = found.read()
        if len(raw) > MOST_BYTES:
            self.add_error("file", _("This file has more than 200 kB."))
            return None
        try:
            decoded: str = raw.decode()
        except UnicodeDecodeError:
            self.add_error("file", _("This file is not text in UTF-8."))
            return None
        if "\0" in decoded:
            self.add_error("file", _("This file is not text."))
            return None
        return decoded

    def _read(self, text: str) -> Jurisdiction:
        name = self.state or "file"
        data, _twins = read_yaml_leniently(text, f"{name}.yaml", MOST_BYTES)
        code = data.get("state") if isinstance(data, dict) else None
        if isinstance(code, str) and self.state and code != self.state:
            raise LawError(
                [Mistake(f"{name}.yaml", "file", "state", f"is {code}, but you are importing into {self.state}")]
            )
        if isinstance(code, str) and not JurisdictionDraft.objects.filter(code=code).exists():
            raise LawError([Mistake(f"{name}.yaml", "file", "state", f"there is no state {code!r} at the desk")])
        shelf = publish.Shelf(federal=None if code == publish.FEDERAL else drafts.federal_document())
        return cast(Jurisdiction, shelf.load(str(code or name), text, f"{code or name}.yaml"))


@csrf_exempt  # the token is checked inside: before that, this page alone has to let a file in
def import_view(request: HttpRequest) -> HttpResponse:
    """A file as a draft. Everywhere else files are refused."""
    if not request.user.has_perm("statelaw.add_loadedfile"):  # before anything is read of what was sent
        raise PermissionDenied
    request.upload_handlers = [SmallFile(request)]
    return _import(request)


@csrf_protect
def _import(request: HttpRequest) -> HttpResponse:
    state = request.GET.get("state", "")
    held = None
    if state:
        held = JurisdictionDraft.objects.filter(code=state).first() if re.fullmatch("[A-Z]{2}", state) else None
        if held is None:
            raise Http404
    sent = (request.POST, request.FILES) if request.method == "POST" else ()
    form = ImportForm(*sent, state=state)
    if request.method == "POST" and form.is_valid() and form.document is not None:
        return _take_in(request, form.document, form.cleaned_data["text"], form.cleaned_data["why"])
    context = {
        **admin.site.each_context(request),
        "title": _("%(state)s: import a file") % {"state": held.name} if held else _("Import a file"),
        "draft": held,
        "form": form,
        "opts": LoadedFile._meta,
    }
    return TemplateResponse(request, "admin/desk/import.html", context, status=422 if form.errors else 200)


def _take_in(request: HttpRequest, document: Jurisdiction, text: str, why: str) -> HttpResponse:
    code = document.state
    data = plain_data(document)
    with transaction.atomic():
        draft = JurisdictionDraft.objects.select_for_update().get(code=code)
        if draft.digest == digest(data):
            messages.info(request, _("The draft says exactly this already. Nothing was changed."))
        elif draft.is_edited:
            waiting = LoadedFile.objects.create(
                code=code, text=text, document=data, digest=digest(data), by=request.user.get_username(), note=why
            )
            messages.warning(
                request,
                _("The draft holds edits that are not published, so nothing was overwritten. The file waits here."),
            )
            return redirect("admin:statelaw_loadedfile_change", waiting.pk)
        else:
            _fill(draft, document, request, _("imported: %(why)s") % {"why": why})
            messages.success(request, _("The file is the draft now. It is not public yet."))
    return redirect("admin:statelaw_state", code)


def _fill(draft: JurisdictionDraft, document: Jurisdiction, request: HttpRequest, why: str) -> None:
    """The draft becomes the file: somebody's edit, unless that is what it rests on anyway."""
    is_edit = digest(plain_data(document)) != draft.base_digest
    drafts.fill(draft.code, document, None, request.user, why, is_edit=is_edit)  # type: ignore[arg-type]


# --- out -------------------------------------------------------------------------------------------------------------


def export_view(request: HttpRequest, code: str) -> HttpResponse:
    """The draft as a file that reads back as the same law."""
    if not request.user.has_perm("statelaw.view_jurisdictiondraft"):
        raise PermissionDenied
    draft = get_object_or_404(drafts.whole(), code=code)
    return attachment(to_yaml(drafts.document_data(draft)), f"{code}-draft.yaml")


def attachment(text: str, name: str) -> HttpResponse:
    response = HttpResponse(text, content_type="application/yaml; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store, private"
    return response


def urls(admin_site: admin.AdminSite) -> list[Any]:
    """For the states' own addresses."""
    return [
        re_path(rf"^{CODE}/export/$", admin_site.admin_view(export_view), name="statelaw_export_draft"),
    ]


# --- files that wait -------------------------------------------------------------------------------------------------


class TakeForm(WhyForm):
    over = forms.BooleanField(
        required=False,
        label=gettext_lazy("Drop the edits that the draft holds now"),
        help_text=gettext_lazy("Its history keeps them."),
    )


class LoadedFileAdmin(KeepsHistory):
    list_display = ("named", "at", "by", "note", "status")
    list_filter = ("status", StateFilter)
    search_fields = ("code", "note", "by")
    list_per_page = 50
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[LoadedFile]:
        return super().get_queryset(request).defer("text", "document")

    @admin.display(description=gettext_lazy("file"), ordering="code")
    def named(self, row: LoadedFile) -> str:
        return f"{row.code}.yaml"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # files come by the import page, or by load_law

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_urls(self) -> list[Any]:
        return [
            path("import/", self.admin_site.admin_view(import_view), name="statelaw_import"),
            path("<int:pk>/export/", self.admin_site.admin_view(self.export), name="statelaw_loadedfile_export"),
            *super().get_urls(),
        ]

    def export(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        row = get_object_or_404(LoadedFile, pk=pk)
        return attachment(row.text, f"{row.code}.yaml")

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        """The file beside the draft, and what to do with it."""
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        draft = drafts.whole().filter(code=row.code).first()
        form = self._form(request, draft)
        if request.method == "POST":
            if not self._may_handle(request):
                raise PermissionDenied
            if form.is_valid() and self._handle(request, row, draft, form):
                return redirect("admin:statelaw_state", row.code) if draft else redirect("..")
        context = {
            **self.admin_site.each_context(request),
            "title": _("The file %(file)s of %(day)s")
            % {"file": f"{row.code}.yaml", "day": timezone.localtime(row.at).strftime("%Y-%m-%d %H:%M")},
            "opts": self.opts,
            "row": row,
            "draft": draft,
            "form": form,
            "sections": _differences(draft, row),
            "may_handle": self._may_handle(request) and row.status == LoadedFile.Status.WAITING,
        }
        return TemplateResponse(
            request, "admin/statelaw/loadedfile/compare.html", context, status=422 if form.errors else 200
        )

    @staticmethod
    def _form(request: HttpRequest, draft: JurisdictionDraft | None) -> forms.Form:
        form = TakeForm(
            request.POST if request.method == "POST" else None, initial={"digest": draft.digest if draft else "none"}
        )
        form.fields["why"].label = _("Why do you take it, or drop it?")
        if draft is None or not draft.is_edited:
            del form.fields["over"]
        return form

    @staticmethod
    def _may_handle(request: HttpRequest) -> bool:
        return bool(
            request.user.has_perm("statelaw.change_loadedfile")
            and request.user.has_perm("statelaw.change_jurisdictiondraft")
        )

    @transaction.atomic
    def _handle(self, request: HttpRequest, row: LoadedFile, draft: JurisdictionDraft | None, form: Any) -> bool:
        """Takes the file as the draft, or drops it. False (and the form says why) where it cannot."""
        held = LoadedFile.objects.select_for_update().get(pk=row.pk)
        why, takes = form.cleaned_data["why"], "take" in request.POST
        if held.status != LoadedFile.Status.WAITING:
            form.add_error(None, _("Somebody has handled this file already."))
            return False
        if takes and draft is None:
            form.add_error(None, _("This is not a state’s law, so it has no draft."))
            return False
        if takes and draft is not None:
            fresh = JurisdictionDraft.objects.select_for_update().get(pk=draft.pk)
            if fresh.digest != form.cleaned_data["digest"]:
                form.add_error(None, _("The draft was changed since you opened this page. Look at it again."))
                return False
            if fresh.is_edited and not form.cleaned_data.get("over"):
                form.add_error("over", _("The draft holds edits. Say that they shall go, or publish them first."))
                return False
            try:
                document = drafts.check(held.document)
            except LawError as error:
                for mistake in error.mistakes:
                    form.add_error(None, str(mistake))
                return False
            _fill(fresh, document, request, why)
            messages.success(request, _("The file is the draft now. It is not public yet."))
        else:
            messages.success(request, _("The file was dropped. It stays in the list."))
        held.status = LoadedFile.Status.TAKEN if takes else LoadedFile.Status.DROPPED
        held._change_reason = why  # type: ignore[attr-defined]
        held.save()
        return True


def _differences(draft: JurisdictionDraft | None, row: LoadedFile) -> Any:
    """What taking the file would change: in the draft, or (for what has no draft) in what is in force."""
    from .. import differences

    if draft is not None:
        old: Any = drafts.document_data(draft)
    else:
        current = Publication.objects.current().filter(code=row.code).first()
        old = current.document if current else None
    return differences.differences(old, row.document)


admin.site.register(LoadedFile, LoadedFileAdmin)
