"""The page that the others are measured against: nothing but a line."""

import streamlit as st

st.write("Nothing")
