"""Small-study effects: funnel, asymmetry, trim and fill."""
