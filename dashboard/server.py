"""The dashboard's server: Streamlit with security headers, a health route, and no traceback for anyone.

Started by `dashboard.reading.settings.command`; `streamlit run` finds `app`.
"""

import os
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.routing import Route
from streamlit.runtime.pages_manager import PagesManager

from dashboard.access.settings import LoginSettings, check_reach
from dashboard.reading.monitoring.routes import healthz, metrics
from dashboard.reading.settings import DashboardSettings, pinned
from dashboard.reading.status_route import status
from dashboard.shell.door import NeedsLogin, OnlyByHttps, ReturnAfterLogin, streamlit_secrets
from dashboard.shell.error_page import draw_error
from dashboard.shell.hosts import SameOrigin, allowed_hosts
from dashboard.shell.log_lines import clean_log_lines
from dashboard.shell.security import SecurityHeaders

# A folder named `pages` beside the script turns on Streamlit's automatic pages for a process's first session,
# until `st.navigation` has run once: that session would get a menu before its first days are imported.
PagesManager.uses_pages_directory = False

# Whether people log in is decided here, once: each request reads the settings again, and `.env` may be gone by then.
os.environ.update(pinned())
clean_log_lines()
SETTINGS = DashboardSettings()
LOGIN = LoginSettings()
HOSTS = allowed_hosts(SETTINGS.host_names)
# Streamlit listens on all addresses if it is started without one.
check_reach(st.get_option("server.address") or "", has_login=LOGIN.is_on)
ADDRESS = LOGIN.callback(SETTINGS.url or "http://127.0.0.1") if LOGIN.is_on else ""
HTTPS = [Middleware(OnlyByHttps)] if ADDRESS.startswith("https://") else []
DOOR = [Middleware(ReturnAfterLogin), Middleware(NeedsLogin)] if LOGIN.is_on else []

app = st.App(
    Path(__file__).with_name("app.py"),
    routes=[Route("/healthz", healthz), Route("/metrics", metrics), Route("/api/status", status)],
    middleware=[
        *HTTPS,
        Middleware(SecurityHeaders),
        Middleware(TrustedHostMiddleware, allowed_hosts=HOSTS, www_redirect=False),
        Middleware(SameOrigin, public=HOSTS),
        *DOOR,
    ],
    secrets=streamlit_secrets(LOGIN, SETTINGS) if LOGIN.is_on else None,
    on_script_error=draw_error,
)
