"""The feature flags as they are: read where prflow was started, and changed there."""

import streamlit as st

from dashboard.reading import format
from warehouse.flags import FeatureFlags

# What few want: off, they do not exist for anybody.
HIDDEN = ("enable_jira_integration", "enable_api_keys")


def draw_flags() -> None:
    """Draw one line per flag; what is off shows nowhere else."""
    flags = FeatureFlags()
    with st.container(border=True, gap="small"):
        st.markdown("**Features**")
        st.caption("Set in the environment or in .env; start prflow again after a change. What is off shows nowhere.")
        for name, field in FeatureFlags.model_fields.items():
            if name in HIDDEN and not getattr(flags, name):
                continue
            state = ":green[on]" if getattr(flags, name) else ":gray[off]"
            st.markdown(f"{state} `{name.upper()}` · {format.escape(field.description, 300)}")
