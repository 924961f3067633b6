"""The layout that the screens of the first run share."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

WIDTH = 780


def centred() -> DeltaGenerator:
    """Return a container of limited width in the middle of the page."""
    return st.container(horizontal_alignment="center").container(width=WIDTH)
