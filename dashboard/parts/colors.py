"""The names of colours that Streamlit's badges and metrics take."""

from typing import Literal

BadgeColor = Literal["red", "orange", "yellow", "blue", "green", "violet", "gray", "primary"]
DeltaColor = Literal["normal", "inverse", "off"]
