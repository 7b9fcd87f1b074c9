"""FHIR R4 claims in and out: `Claim` resources alone, in a Bundle or one per line, in JSON and in XML.

`places.py` says which element each column of a claim stands in; `docs/fhir.md` is the same table with words.
"""
