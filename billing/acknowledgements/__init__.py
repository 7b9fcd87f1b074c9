"""Acknowledgements, both ways: those a receiver would send for a batch, and those that came back put into words.

Out: TA1 (the envelope), 999 (the implementation guide), 277CA (each claim) for every X12 input of a run. Back: a
TA1, 999 or 277CA that a payer or clearinghouse sent, laid beside the file it speaks of.
"""
