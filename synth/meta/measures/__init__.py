"""Effect measures: figures of studies to estimates and variances on the analysis scale, and back."""
