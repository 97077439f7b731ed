"""The addresses of the walk, the report and the public pages of the law."""

from django.urls import path

from . import law_pages, notes, pdf_views, views

urlpatterns = [
    path("", views.home, name="home"),
    path("start/", views.start, name="start"),
    path("start/<slug:code>/", views.start, name="start-in"),
    path("q/<str:slug>/", views.question, name="question"),
    path("check/", views.check, name="check"),
    path("report/", views.report, name="report"),
    path("report/print/", pdf_views.print_form, name="print"),
    path("report/summary.pdf", pdf_views.summary, name="summary"),
    path("another-loan/", views.another_loan, name="another-loan"),
    path("remove-loan/", views.remove_loan, name="remove-loan"),
    path("resume/", views.resume, name="resume"),
    path("resume/<str:token>/", views.resume_open, name="resume-open"),
    path("clear/", views.clear, name="clear"),
    path("leave/", views.leave, name="leave"),
    path("shared/", views.shared, name="shared"),
    path("elsewhere/<slug:what>/", views.elsewhere, name="elsewhere"),
    path("privacy/", views.privacy, name="privacy"),
    path("health/", views.health, name="health"),
    path("law/", law_pages.states, name="law"),
    path("law/<slug:code>/", law_pages.state, name="law-state"),
    path("law/<slug:code>/earlier/", law_pages.earlier, name="law-earlier"),
    path("law/<slug:code>/<int:number>/", law_pages.publication, name="law-past"),
    path("note/<slug:code>/", notes.note, name="note"),
    path("note/<slug:code>/thanks/", notes.thanks, name="note-thanks"),
]
