"""The pages of a whole review: its index, its flow of records, its risk of bias."""
