"""What every test shares."""

from django.conf import settings

# Tests reason from the law as shipped and never look for publications, not even while tests are collected; those about
# publications (test_law_publications.py) turn this on for themselves.
settings.LAW_FROM_DATABASE = False
