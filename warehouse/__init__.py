"""The data and its meaning: schema, connection, writes, reads, progress, metrics, insights.

It knows nothing of Prefect, GitHub, the language model or Streamlit.
"""
