"""Pages and pictures as they were looked at."""
