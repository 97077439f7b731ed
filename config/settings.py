"""Settings, all from the environment; safe when none is set (SQLite, a generated secret, no debugging).

| variable | what | default |
| --- | --- | --- |
| SECRET_KEY | signs cookies and seals resume links; the same on every machine | made once, kept in var/secret_key |
| DEBUG | error pages for developers | off |
| ALLOWED_HOSTS | host names, comma separated | localhost,127.0.0.1,[::1] |
| DATABASE_URL | SQLite or PostgreSQL | var/stillowe.sqlite3 |
| SECURE | reached over https only (secure cookies, HSTS, redirect) | on, unless DEBUG; `make serve` turns it off |
| HSTS_SUBDOMAINS | HSTS for hosts below this one too, and preload; off where one has no https | on |
| ADMIN_PATH | where the admin stands | desk/ |
| PROXIES | how many proxies of ours stand in front, each adding to X-Forwarded-For | 1 with SECURE, otherwise 0 |
| LAW_FROM_DATABASE | publications from the database; off: the shipped files alone | on |
| LAW_WATCH_SECONDS | how often a process looks for new publications (and with taking one in it has 5 in all) | 4.25 |
| PREVIEW | reviewers may set the day with ?as_of=YYYY-MM-DD | off |
"""

import os
import secrets
import tempfile
from datetime import timedelta
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"

env = environ.Env(
    DEBUG=(bool, False),
    ALLOWED_HOSTS=(list, []),
    ADMIN_PATH=(str, "desk/"),
    PREVIEW=(bool, False),
)


def _secret_key() -> str:
    """The secret from the environment, or one made on the first start and kept out of git."""
    given = env.str("SECRET_KEY", "")
    if given:
        return given
    path = VAR_DIR / "secret_key"
    if not path.exists():
        # Written whole, then put in place: a process that starts beside this one never reads half a secret.
        VAR_DIR.mkdir(mode=0o700, exist_ok=True)
        handle, written = tempfile.mkstemp(dir=VAR_DIR)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(64))
        try:
            os.link(written, path)
        except FileExistsError:
            pass  # the other process was first
        finally:
            os.unlink(written)
    key = path.read_text().strip()
    if not key:
        raise ImproperlyConfigured(f"{path} is empty. Delete it, and a new secret is made on the next start.")
    return key


SECRET_KEY = _secret_key()
DEBUG = env("DEBUG")
ALLOWED_HOSTS = env("ALLOWED_HOSTS") or ["localhost", "127.0.0.1", "[::1]"]
SECURE = env.bool("SECURE", not DEBUG)
PREVIEW = env("PREVIEW")
LAW_FROM_DATABASE = env.bool("LAW_FROM_DATABASE", True)
LAW_WATCH_SECONDS = env.float("LAW_WATCH_SECONDS", 4.25)
ADMIN_PATH = (env("ADMIN_PATH").strip("/") or "desk") + "/"
# Proxies of ours in front, each of which adds to X-Forwarded-For the address that it was called from (config.address).
PROXIES = env.int("PROXIES", 1 if SECURE else 0)

INSTALLED_APPS = [
    "config.apps.DeskConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
    "crispy_forms",
    "crispy_bootstrap5",
    "django_htmx",
    "simple_history",
    "axes",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "statelaw",
    "screener",
]

MIDDLEWARE = [
    "config.middleware.DeskUncached",
    "screener.middleware.ContentPolicy",
    "django.middleware.security.SecurityMiddleware",
    "screener.middleware.SmallForms",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    # The desk alone needs sessions, users and messages: a visitor's step must not touch the database.
    "config.middleware.DeskOnly",
]
DESK_MIDDLEWARE = [
    "config.middleware.DeskUncached",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "statelaw.desk.door.Door",
    "simple_history.middleware.HistoryRequestMiddleware",
    "axes.middleware.AxesMiddleware",
]

# The admin's middleware is there, but only at the desk's addresses.
SILENCED_SYSTEM_CHECKS = ["admin.E408", "admin.E409", "admin.E410", "axes.W002"]

# Who gets into the desk. The limits, and why they are what they are: statelaw.desk.attempts.
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
AXES_HANDLER = "statelaw.desk.attempts.Attempts"
AXES_LOCKOUT_PARAMETERS = "statelaw.desk.attempts.ways_of_counting"
AXES_FAILURE_LIMIT = 60
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_LOCKOUT_CALLABLE = "statelaw.desk.attempts.locked"
AXES_CLIENT_IP_CALLABLE = "config.address.client_address"
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "code", "csrfmiddlewaretoken"]
OTP_TOTP_ISSUER = "StillOwe law desk"

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
ASGI_APPLICATION = "config.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    [
                        "django.template.loaders.filesystem.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                )
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "screener.context.visitor",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"
CRISPY_FAIL_SILENTLY = False

# A request of the desk opens a connection and closes it again: idle threads of many processes on many hosts hold none.
# Whoever asks for lasting ones (?conn_max_age=60 at the end of DATABASE_URL) gets them checked before they are used.
DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'stillowe.sqlite3'}")}
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    VAR_DIR.mkdir(mode=0o700, exist_ok=True)
    _OPTIONS: dict[str, object] = {
        "timeout": 5,
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL;",
    }
elif DATABASES["default"]["ENGINE"].endswith("postgresql"):
    # A database that does not answer, a host that is gone without a word, a row that another holds: none keeps a
    # thread for longer than this, since visitors need the threads, too.
    _OPTIONS = {
        "connect_timeout": 5,
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 2,
        "tcp_user_timeout": 15_000,
        # With its time zone set from the start, a new connection costs no query of its own.
        "options": "-c TimeZone=UTC -c lock_timeout=5s -c statement_timeout=30s"
        " -c idle_in_transaction_session_timeout=60s",
    }
else:
    raise ImproperlyConfigured("DATABASE_URL must lead to SQLite or PostgreSQL")
DATABASES["default"]["OPTIONS"] = _OPTIONS | DATABASES["default"].get("OPTIONS", {})
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

LANGUAGE_CODE = "en-us"
# English is the only catalogue now; a second one is a line here and its .po file.
LANGUAGES = [("en-us", "English")]
# With one language there is no catalogue to look in, and each of a page's many words is spared the look.
USE_I18N = len(LANGUAGES) > 1
TIME_ZONE = "America/New_York"
USE_TZ = True
LOCALE_PATHS = [BASE_DIR / "locale"]

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_MAX_AGE = 60 * 60
# Files that stand at the top of the site: robots.txt.
WHITENOISE_ROOT = BASE_DIR / "static" / "root"

# Safety. Answers come in small forms only, so large bodies are refused early.
DATA_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500
FILE_UPLOAD_HANDLERS = ["screener.middleware.NoFiles"]
SECURE_CONTENT_TYPE_NOSNIFF = True
# Not "no-referrer": browsers then send "Origin: null" with every form, which the CSRF check rightly refuses.
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
# A session ends two hours after the last thing that was done in it, and in any case after ten hours.
SESSION_COOKIE_AGE = 2 * 60 * 60
SESSION_LONGEST = 10 * 60 * 60
SESSION_COOKIE_PATH = "/" + ADMIN_PATH
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_AGE = None  # until the browser is closed
CSRF_COOKIE_SAMESITE = SESSION_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "config.failures.stale_form"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SECURE_SSL_REDIRECT = SECURE
# Whoever watches a machine asks it directly, over plain http.
SECURE_REDIRECT_EXEMPT = [r"^health/$"]
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE and env.bool("HSTS_SUBDOMAINS", True)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SECURE else None

# Answers are never logged: no request bodies, no query strings, no resume links.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"discreet": {"()": "config.logs.Discreet"}},
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain", "filters": ["discreet"]}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        # One way out for all that Django says, its development server included.
        "django": {"handlers": [], "level": "WARNING"},
        "django.server": {"handlers": ["console"], "level": "INFO", "propagate": False},
        "statelaw": {"level": "INFO"},
        "screener": {"level": "INFO"},
    },
}
