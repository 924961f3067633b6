"""How runs that use the same account of GitHub at once share its budget."""
