"""What the pages cost at 100,000 pull requests, beside an empty page of Streamlit."""
