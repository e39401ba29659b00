"""What figures and studies must fulfil, alone and against each other."""
