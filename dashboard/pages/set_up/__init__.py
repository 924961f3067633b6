"""The set-up: connect GitHub, choose an organisation and its repositories, import."""
