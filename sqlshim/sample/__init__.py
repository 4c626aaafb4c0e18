"""A small shop as CSV files: customers, products and orders, made up for the demo.

Some cities, births, e-mails, discounts, weights and shipping dates are missing on purpose.
"""
