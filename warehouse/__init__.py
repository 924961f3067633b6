"""What the data is and means: schema, connection, writes, reads, progress, metrics, insights.

Knows nothing of Prefect, GitHub, the language model or Streamlit.
"""
