"""Person re-identification: crops with identities, training of encoders, evaluation."""
