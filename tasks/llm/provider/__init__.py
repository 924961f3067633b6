"""The provider of the model: settings, rate limit, transport and responses."""
