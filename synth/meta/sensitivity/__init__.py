"""The same pooling under other masks, designs and resamples."""
