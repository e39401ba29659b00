"""An outcome as text for a terminal."""
