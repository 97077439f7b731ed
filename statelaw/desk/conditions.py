"""The conditions of a rule as groups of tick boxes, ranges and days: the form fields for ``when`` and ``unless``.

How a form uses them::

    facts = conditions.facts_of(questions)      # core facts and the documents' own; unsound questions are passed over
    form.fields["when"] = ConditionsField(facts, questions, stored=row.when)
    form.fields["unless"] = UnlessField(facts, questions, stored=row.unless)

``questions`` are the documents' own questions that a rule may turn on, the state's first and then the federal ones, as
:class:`statelaw.document.Question` or as plain data. ``stored`` is what stands in the row: keys and values that stay
keep its order, new ones follow the vocabulary. Pass ``initial={"when": row.when, "unless": row.unless}`` as ever.

``form.cleaned_data["when"]`` is a dict and ``["unless"]`` a list of dicts in the rule language, exactly as
:func:`statelaw.document.plain_data` writes them (``{"units": {"max": "2"}, "lender_waived": [True]}``).
``form["when"].value()`` of a bound form is what was typed, in the same shape: hand it to
:func:`statelaw.sentence.conditions` for a preview, which takes half-filled data.

Rendering is ``{{ form.when }}`` and ``{{ form.unless }}`` (``templates/admin/desk/_conditions.html``, ``_unless.html``;
styles ``css/desk-words.css``, which is in ``form.media``). Each is a ``<div id="id_when">``; the heading around it is the
page's.

"Add another exception" is a submit button ``name=add_unless``. The view answers a POST that carries it by rendering the
page again with the bound form and without saving: the field then shows one more, empty exception. With htmx the button
posts the same form to the same address and swaps only ``#id_unless``, so the view needs nothing more. An exception with
"Remove this exception" ticked is left out of the value. At most ``MOST_EXCEPTIONS``.

Errors stand at their fact, inside the widget: do not print ``form.when.errors`` beside it again. Each error in
``form.errors.as_data()["when"]`` has ``params["id"]``, the id of the element to link from a summary
(:func:`links` gives ``[(id, message)]``), and ``params["fact"]``. A mistake of the law document gets to its fact by::

    for mistake in error.mistakes:                       # key is "when.acres.max", "unless.2.residence", …
        if (found := conditions.error_for(form, mistake.key, mistake.message)):
            form.add_error(*found)                       # (field name, ValidationError)

Names in a POST (for tests): ``when.disposition=judicial`` (one per ticked box), ``when.farm=true``,
``when.units.max=2``, ``when.loan_date.from=2015-01-01``; ``unless.count=2``, ``unless.0.residence=rental``,
``unless.1.remove=on``.
"""
