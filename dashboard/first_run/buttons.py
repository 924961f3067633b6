"""The look of the button that a screen is about."""

from typing import Literal

import streamlit as st


def main_type() -> Literal["primary", "secondary"]:
    """Return the type of a screen's main button.

    Streamlit writes on the theme's primary colour in white, whatever the colour. In the dark theme that colour is
    light, so that it can be read as text on a dark ground: white on it cannot.
    """
    return "secondary" if st.context.theme.type == "dark" else "primary"
